"""The presets of selective relevance as data: what is differentiated, thresholded and masked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from engine.errors import AttributionError
from engine.types import PRESETS, SPLIT_PRESETS, Preset

Padding = Literal["edge", "zeros"]


@dataclass(frozen=True, slots=True)
class PresetParams:
    """Parameters of a preset.

    Attributes
    ----------
    kind : "derivative" or "variation"
        What says that relevance moves: its temporal derivative, or how far it departs from place
        and time alone (`engine.selective.variation`), for which padding and sides mean nothing.
    padding : "edge" or "zeros"
        What lies beyond the volume, in time and in space, when it is differentiated.
    two_sided : bool
        Whether the absolute derivative is compared with the threshold, or the signed one.
    std_of_absolute : bool
        Whether the standard deviation is that of the absolute derivative.
    rescale : bool
        Whether relevance with a negative value is first scaled to 0..1 over the whole volume.
    above_mean : bool
        Whether the threshold counts from the mean of what is compared, or from 0.
    summary : str
        For people.
    """

    kind: Literal["derivative", "variation"]
    padding: Padding
    two_sided: bool
    std_of_absolute: bool
    rescale: bool
    above_mean: bool
    summary: str


PRESET_PARAMS: dict[Preset, PresetParams] = {
    "variation": PresetParams(
        kind="variation",
        padding="edge",
        two_sided=False,
        std_of_absolute=False,
        rescale=False,
        above_mean=True,
        summary="Where relevance leaves its place; what grows and shrinks in place stays static.",
    ),
    "recommended": PresetParams(
        kind="derivative",
        padding="edge",
        two_sided=True,
        std_of_absolute=False,
        rescale=False,
        above_mean=False,
        summary="Temporal derivative, two-sided; nothing invented at the first and last frame.",
    ),
    "paper-2020": PresetParams(
        kind="derivative",
        padding="zeros",
        two_sided=False,
        std_of_absolute=False,
        rescale=True,
        above_mean=False,
        summary="As printed in arXiv 2003.14285: one-sided, scaled to 0..1.",
    ),
    "code-2021": PresetParams(
        kind="derivative",
        padding="zeros",
        two_sided=True,
        std_of_absolute=True,
        rescale=False,
        above_mean=False,
        summary="As the authors' published code: two-sided, zero padding.",
    ),
}


def preset_params(preset: str) -> PresetParams:
    """Return the parameters of a preset that splits relevance.

    Raises
    ------
    AttributionError
        If there is no preset of that name, or it has nothing to do with an array.
    """
    name = checked_preset(preset)
    if name in PRESET_PARAMS:
        return PRESET_PARAMS[name]
    raise AttributionError(
        f"The separation {name!r} cannot be made of relevance: its maps are computed.",
        f"Explain a video with it, or choose one of: {', '.join(SPLIT_PRESETS)}.",
    )


def checked_preset(preset: str) -> Preset:
    """Return the preset of that name.

    Raises
    ------
    AttributionError
        If there is none.
    """
    for name in PRESETS:
        if name == preset:
            return name
    raise AttributionError(
        f"There is no preset called {preset!r}.", f"Choose one of: {', '.join(PRESETS)}."
    )


def checked_sigma(sigma: float) -> float:
    """Return sigma if it is a usable threshold.

    Raises
    ------
    AttributionError
        If sigma is negative or not a finite number.
    """
    if not math.isfinite(sigma) or sigma < 0:
        raise AttributionError(
            f"sigma is {sigma:g}, but a threshold is a number of standard deviations from 0 up.",
            "Use a value between 0 and 10; 1 to 4 is usual.",
        )
    return float(sigma)
