"""Frame times: the file's own, mended where they are missing, repeated or out of order."""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction

import numpy as np

from engine.types import Float64Array, Int64Array
from engine.video.index.frame_index import NO_TIME, Index

_FALLBACK_FPS = 25.0
_SAME_RATE = 0.01


def frame_times(index: Index, time_base: Fraction, stated_fps: float | None) -> Float64Array:
    """Return the time of every frame, strictly increasing.

    Parameters
    ----------
    index : Index
        Order of the frames.
    time_base : Fraction
        Seconds in one unit of the packets' times.
    stated_fps : float or None
        Frame rate that the file states, in frames per second.

    Returns
    -------
    float64 array, (N,)
        Presentation times in seconds. Where most are missing the decoding times, sorted, take
        their place, and where those are missing too, the frame rate does. Single frames whose
        time is missing or breaks the order are laid evenly between their neighbours.
    """
    step = 1.0 / (stated_fps or _FALLBACK_FPS)
    for ticks in (index.packets.pts[index.shown], np.sort(index.packets.dts[index.shown])):
        known = np.flatnonzero(ticks != NO_TIME)
        anchors = known[_longest_increasing(ticks[known])]
        if len(anchors) * 2 > len(ticks):
            return _fill(anchors, ticks, time_base, step)
    return np.arange(len(index), dtype=np.float64) * step


def average_fps(times_s: Float64Array, stated_fps: float | None) -> float:
    """Return the frame rate of the whole video, as stated if within 1 %."""
    if len(times_s) < 2:
        return stated_fps or _FALLBACK_FPS
    measured = (len(times_s) - 1) / float(times_s[-1] - times_s[0])
    if stated_fps and abs(stated_fps - measured) <= _SAME_RATE * measured:
        return stated_fps
    return measured


def _longest_increasing(values: Int64Array) -> Int64Array:
    """Return positions of a longest strictly increasing subsequence (patience sorting)."""
    if len(values) == 0 or (np.diff(values) > 0).all():
        return np.arange(len(values))
    ends: list[int] = []
    positions: list[int] = []
    before = np.full(len(values), -1, np.int64)
    for position, value in enumerate(values.tolist()):
        length = bisect_left(ends, value)
        before[position] = positions[length - 1] if length else -1
        ends[length : length + 1] = [value]
        positions[length : length + 1] = [position]
    chain = [positions[-1]]
    while before[chain[-1]] >= 0:
        chain.append(int(before[chain[-1]]))
    return np.array(chain[::-1], np.int64)


def _fill(
    anchors: Int64Array, ticks: Int64Array, time_base: Fraction, step_s: float
) -> Float64Array:
    numbers = np.arange(len(ticks))
    times_s = ticks[anchors].astype(np.float64) * time_base.numerator / time_base.denominator
    filled = np.interp(numbers, anchors, times_s).astype(np.float64)
    filled += np.minimum(numbers - anchors[0], 0) * step_s
    filled += np.maximum(numbers - anchors[-1], 0) * step_s
    return filled
