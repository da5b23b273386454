"""Trials of each family of methods on the clip of a check: a line a family, by its true cause."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.attribution.attribute_clip import Attribution, attribute
from engine.attribution.catalogue import DEFAULT_METHOD, METHODS
from engine.cancel import Check, never
from engine.descriptions import Finding
from engine.errors import EngineError
from engine.model_check.input_checks import failed, passed, warned
from engine.models.model import Clip, VideoModel

_EXACT = 0.05  # relative; what a conserving method may lack before it is told


@dataclass(frozen=True, slots=True)
class _Family:
    """A family of methods, and the method and options that stand for it at the least cost."""

    title: str
    method: str
    options: Mapping[str, Any] = field(default_factory=dict)


def family_findings(model: VideoModel, clip: Clip, check: Check = never) -> Iterator[Finding]:
    """Explain a clip by one method of each family, and say of each if it works.

    Parameters
    ----------
    model : VideoModel
        A model that scores the clip.
    clip : Clip
        (1, 3, T, h, w).
    check : callable
        Raises `Cancelled` to stop.

    Yields
    ------
    Finding
        Of LRP, gradient, CAM and perturbation. A family that does not work is a failure if it is
        that of the default method and the network is open, else a warning.
    """
    for family in _families(clip):
        check()
        yield _tried(model, clip, family, check)


def _families(clip: Clip) -> tuple[_Family, ...]:
    frames, height, width = clip.tensor.shape[2:]
    half = math.ceil(frames / 2)  # two boxes, which go through together
    boxes = {"box_frames": half, "stride_frames": half, "box_px": max(height, width)}
    return (
        _Family("LRP", "lrp"),
        _Family("gradient", "gradient"),
        _Family("CAM", "grad_cam"),
        _Family("perturbation", "occlusion", boxes),
    )


def _tried(model: VideoModel, clip: Clip, family: _Family, check: Check) -> Finding:
    try:
        result = attribute(model, clip, None, family.method, check=check, **family.options)
    except EngineError as error:
        return _refused(model, family, f"{error} {error.hint}")
    if not METHODS[family.method].conserves or abs(result.conservation - 1) <= _EXACT:
        return passed(family.title, _works(family, result))
    return warned(family.title, " ".join((_works(family, result), *result.notices)))


def _refused(model: VideoModel, family: _Family, text: str) -> Finding:
    """Return a failure, but of a closed model a warning: it is so by nature."""
    if family.method == DEFAULT_METHOD and not model.closed:
        return failed(family.title, text)
    return warned(family.title, text)


def _works(family: _Family, result: Attribution) -> str:
    if METHODS[family.method].conserves:
        placed = f", of which positions {result.positions / result.explained:.2%}"
        part = placed if math.isfinite(result.positions) else ""
        return f"It works: relevance sums to {result.conservation:.2%} of the score{part}."
    if result.native is not None:
        steps, height, width = result.native.shape
        return f"It works: maps of {height} x {width} places, {steps} in time."
    return "It works."
