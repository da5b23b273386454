"""The departure of relevance, over time, from a fixed picture whose strength comes and goes.

Scenery that matters has relevance that stays in its place; what moves leaves its place at every
step. The derivative of the paper sees any change, also that of a sign whose relevance grows and
shrinks in place as the network is more or less in need of it. So what is looked at here is
whether place and time are independent: were they, the relevance of a pixel would be its mean,
times the strength of its surroundings at that step over their mean. That is the expected count of
a contingency table, and the departure from it is measured as there (Pearson 1900). It was chosen
on Motion Figures: docs/results.md.

The same sums in the same order for arrays and tensors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from engine.selective.derivative import checked_floats, time_means
from engine.selective.smooth import box_mean, smoothed_in_space

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    Volume = TypeVar("Volume", NDArray[np.floating], torch.Tensor)

REACH = 10
"""Time steps to either side that belong to the neighbourhood of a step."""

BORDER = 2
"""Time steps at both ends of a range that are left out of every neighbourhood.

LRP piles relevance on the ends of a window (Anders et al. 2018, arXiv 1806.06926), whatever moves.
"""

FLOOR = 1.0
"""What is added to a pixel's mean relevance, in means over the picture: below it all is noise."""

SURROUNDINGS = 22
"""The surroundings of a pixel reach as many pixels as the picture's shorter side over this."""

FAINT = 0.05
"""Surroundings weaker than this, in means over the picture, say nothing of a change in strength."""


NEGLIGIBLE = 1e-5
"""Departures smaller than this, over what there is, are rounding of float32 and count as none."""


def temporal_variation(relevance: Volume, *, time_step: int = 1) -> Volume:
    """Measure the departure of each pixel's relevance from that of place and time alone.

    With S the relevance smoothed in space as for the derivative, A the mean of |S| over the
    surroundings of a pixel, and a bar for the mean over the steps within `REACH` less those within
    `BORDER` of the ends: the expected relevance is E = S̄ A / Ā, and the variation is
    the root of the mean over those steps of (S - E)² / (mean |S| + floor), averaged over the
    surroundings.

    Parameters
    ----------
    relevance : float array or tensor, (T, H, W)
        Relevance, any finite values. Float32 and float64 keep their type; a tensor stays on its
        device.
    time_step : int
        Frames that share one time step of the relevance, >= 1.

    Returns
    -------
    float array or tensor, (T, H, W)
        From 0 up, in roots of the relevance's unit: 0 where relevance does not change, or changes
        with its surroundings, and where nothing has any.

    Raises
    ------
    AttributionError
        If the volume is not three-dimensional and floating, is empty, or has a value that is not
        finite.
    """
    checked_floats(relevance)
    coarse = smoothed_in_space(time_means(relevance, time_step))
    variation = variation_of(coarse, 0, len(coarse), 0, len(coarse))
    if time_step == 1:
        return variation
    return cast("Volume", _repeated(variation, time_step)[: len(relevance)])


def variation_of(smoothed: Volume, first: int, total: int, start: int, stop: int) -> Volume:
    """Return the variation at steps start to stop of a longer range, of which a chunk is given.

    Parameters
    ----------
    smoothed : float array or tensor, (n, H, W)
        Relevance smoothed in space, of the steps from ``first`` on. It reaches `REACH` + `BORDER`
        steps beyond start and stop, or to the ends of the range.
    first, total : int
        First step of the chunk, and steps of the range.
    start, stop : int
        Steps that are wanted.

    Returns
    -------
    float array or tensor, (stop - start, H, W)
    """
    low, high = inner_steps(total)
    radius = max(1, round(min(smoothed.shape[1:]) / SURROUNDINGS))
    strength = box_mean(abs(smoothed), radius)
    variation, known = _empty_like(smoothed, stop - start), None
    for step in range(start, stop):
        centre = min(max(step, low), high - 1)
        near = slice(max(low, centre - REACH) - first, min(high, centre + REACH + 1) - first)
        if near != known:  # at both ends many steps have the same neighbourhood
            departure, known = _departure(smoothed[near], strength[near]), near
        variation[step - start] = departure
    return box_mean(cast("Volume", variation), radius)


def neighbourhood(total: int, start: int, stop: int) -> tuple[int, int]:
    """Return the span of steps that `variation_of` needs for start to stop of ``total``."""
    low, high = inner_steps(total)
    first = max(low, min(max(start, low), high - 1) - REACH)
    last = min(high, min(max(stop - 1, low), high - 1) + REACH + 1)
    return min(first, start), max(last, stop)


def inner_steps(total: int) -> tuple[int, int]:
    """Return the first step, and the step after the last, inside the borders of a range."""
    border = min(BORDER, max(0, (total - 4) // 2))
    return border, total - border


def _departure(steps: Any, strength: Any) -> Any:
    """Return the root mean square departure over the root of the level, (H, W)."""
    share = 1 / len(steps)
    mean, around = _sum(steps) * share, _sum(strength) * share
    weight = _sum(abs(steps)) * share
    faint = FAINT * float(np.float32(_mean(around)))
    ratio = mean / _not_zero(around + faint)
    departed = [s - ratio * (a + faint) for s, a in zip(steps, strength, strict=True)]
    squares = _sum([one * one for one in departed]) * share
    level = _not_zero(weight + FLOOR * float(np.float32(_mean(weight))))
    least = NEGLIGIBLE * level
    return _root(squares * (squares > least * least) / level)


def _not_zero(level: Any) -> Any:
    """Replace 0 by 1 to divide by: 0 is only where nothing has any relevance."""
    return level + (level == 0)


def _empty_like(steps: Any, count: int) -> Any:
    shape = (count, *steps.shape[1:])
    return np.empty(shape, steps.dtype) if isinstance(steps, np.ndarray) else steps.new_empty(shape)


def _sum(steps: Any) -> Any:
    """Sum over time, in order: `sum` of a library may take another one for another shape."""
    total = steps[0]
    for step in steps[1:]:
        total = total + step
    return total


def _root(picture: Any) -> Any:
    """Square root by way of double precision: torch's own of float32 is off by a last bit."""
    if isinstance(picture, np.ndarray):
        return np.sqrt(picture, dtype=np.float64).astype(picture.dtype)
    return picture.double().sqrt().to(picture.dtype)


def _mean(picture: Any) -> float:
    if isinstance(picture, np.ndarray):
        return float(picture.mean(dtype=np.float64))
    return float(picture.double().mean())


def _repeated(steps: Any, times: int) -> Any:
    if isinstance(steps, np.ndarray):
        return steps.repeat(times, 0)
    return steps.repeat_interleave(times, 0)
