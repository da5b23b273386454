"""Frame times: the file's own, mended where they are missing, repeated or out of order."""

from __future__ import annotations

from bisect import bisect_left
from fractions import Fraction

import numpy as np

from engine.types import Float64Array, Int64Array
from engine.video.index.frame_index import NO_TIME, Index

_FALLBACK_FPS = 25.0
_SAME_RATE = 0.01


def frame_times(
    index: Index, time_base: Fraction, stated_fps: float | None, freed_by: int = 0
) -> Float64Array:
    """Return the time of every frame, strictly increasing.

    Parameters
    ----------
    index : Index
        Order of the frames.
    time_base : Fraction
        Seconds in one unit of the packets' times.
    stated_fps : float or None
        Frame rate that the file states, in frames per second.
    freed_by : int
        Packet that the decoder gave the first frame at, where that is known.

    Returns
    -------
    float64 array, (N,)
        Presentation times in seconds. Where most are missing, or are decoding times in disguise,
        the decoding times in display order take their place, and where those are missing too,
        the frame rate does. Single frames whose time is missing or breaks the order are laid
        evenly between their neighbours.
    """
    step = 1.0 / (stated_fps or _FALLBACK_FPS)
    for ticks in (_presented(index), _decoded(index, freed_by)):
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


def _presented(index: Index) -> Int64Array:
    """Return the presentation times in display order, `NO_TIME` for all that only seem to be some.

    AVI stores one time a packet, in decoding order. Of a codec that FFmpeg does not reorder there
    it fills in a presentation time that rises from packet to packet: a picture that is shown
    before one decoded earlier then has the later time.
    """
    pts = index.packets.pts[index.shown]
    behind = np.flatnonzero(np.diff(index.shown) < 0)
    behind = behind[(pts[behind] != NO_TIME) & (pts[behind + 1] != NO_TIME)]
    false = np.count_nonzero(pts[behind + 1] < pts[behind])
    return np.full_like(pts, NO_TIME) if false * 2 > len(behind) else pts


def _decoded(index: Index, freed_by: int) -> Int64Array:
    """Return the decoding times in display order, each of the packet that sets the frame free.

    A decoder holds frames back until those shown before them are there. Frame i comes out with
    packet i + d: with d = 2 the first frame is shown at the time of the third packet, as in
    FFmpeg's players. The last d frames have none.
    """
    order = np.sort(index.shown)
    dts = np.sort(index.packets.dts[order])
    if NO_TIME in dts[:1]:  # some are missing, and which ones is lost in sorting
        return dts
    late = np.searchsorted(order, index.shown) - np.arange(len(order))
    held = max(int(late.max(initial=0)), int(np.searchsorted(order, freed_by)))
    return np.concatenate([dts[held:], np.full(min(held, len(dts)), NO_TIME)])


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
