"""Estimates of a method's run time: one pass timed, times the passes it needs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch

from engine.attribution.base.evaluating import evaluating
from engine.attribution.base.explained_model import ExplainedModel, check_clip
from engine.attribution.base.targets import Goal
from engine.attribution.catalogue import DEFAULT_METHOD
from engine.attribution.gradients import gradient_of
from engine.attribution.lrp.options import LrpOptions
from engine.attribution.options import (
    CamOptions,
    IntegratedGradientsOptions,
    MethodOptions,
    OcclusionOptions,
    RiseOptions,
    SmoothGradOptions,
    TemporalMaskOptions,
)
from engine.attribution.perturbation import boxes_of
from engine.attribution.registry import find_method
from engine.models.model import Clip, VideoModel

_LRP_COST = 1.6  # plain gradients


@dataclass(frozen=True, slots=True)
class Estimate:
    """Work that a method needs for one clip.

    Attributes
    ----------
    passes : int
        Passes over the network.
    seconds : float
        Time for all of them on this machine.
    """

    passes: int
    seconds: float


def estimate(
    model: VideoModel, clip: Clip, method: str = DEFAULT_METHOD, **options: Any
) -> Estimate:
    """Estimate a method's time for one clip from one pass over the network.

    Parameters and errors are those of `engine.attribution.attribute`.
    """
    chosen = find_method(method, options)
    check_clip(model, clip)
    passes, forward_only = passes_of(chosen.options, clip.tensor.shape[2:])
    explained = ExplainedModel(model, Goal())
    with evaluating(model.module):
        _pass(explained, clip, forward_only)  # the first one prepares buffers and kernels
        began = time.perf_counter()
        _pass(explained, clip, forward_only)
        seconds = time.perf_counter() - began
    factor = _LRP_COST if isinstance(chosen.options, LrpOptions) else 1.0
    return Estimate(passes, passes * seconds * factor)


def passes_of(options: MethodOptions, size: torch.Size) -> tuple[int, bool]:
    """Return the passes a method needs for a clip (T, h, w), and whether all are forward passes."""
    if isinstance(options, OcclusionOptions):
        return len(boxes_of(size, options)) + 1, True
    if isinstance(options, RiseOptions | TemporalMaskOptions):
        return options.samples + 1, True
    if isinstance(options, SmoothGradOptions):
        return options.samples, False
    if isinstance(options, IntegratedGradientsOptions):
        return options.steps + 1, False
    return 1, isinstance(options, CamOptions)


def _pass(explained: ExplainedModel, clip: Clip, forward_only: bool) -> None:
    if forward_only:
        explained.score_of(clip.tensor)
    else:
        explained.traced(lambda: gradient_of(explained, explained.model.planes(clip.tensor)))
    if explained.model.device.type == "cuda":
        torch.cuda.synchronize(explained.model.device)
