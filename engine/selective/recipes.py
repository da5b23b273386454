"""The presets of selective relevance as data: what is differentiated, thresholded and masked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from engine.errors import AttributionError
from engine.types import PRESETS, Preset

Padding = Literal["edge", "zeros"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one preset separates relevance.

    Attributes
    ----------
    padding : "edge" or "zeros"
        What lies beyond the volume, in time and in space, when it is differentiated.
    two_sided : bool
        Whether the absolute derivative is compared with the threshold, or the signed one.
    std_of_absolute : bool
        Whether the standard deviation is that of the absolute derivative.
    rescale : bool
        Whether relevance with a negative value is first scaled to 0..1 over the whole volume.
    summary : str
        For people.
    """

    padding: Padding
    two_sided: bool
    std_of_absolute: bool
    rescale: bool
    summary: str


RECIPES: dict[Preset, Recipe] = {
    "recommended": Recipe(
        "edge", True, False, False, "Two-sided; nothing invented at the first and last frame."
    ),
    "paper-2020": Recipe(
        "zeros", False, False, True, "As printed in arXiv 2003.14285: one-sided, scaled to 0..1."
    ),
    "code-2021": Recipe(
        "zeros", True, True, False, "As the authors' published code: two-sided, zero padding."
    ),
}


def recipe_for(preset: str) -> Recipe:
    """Recipe of a preset.

    Raises
    ------
    AttributionError
        If there is no preset of that name.
    """
    for name in PRESETS:
        if name == preset:
            return RECIPES[name]
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
