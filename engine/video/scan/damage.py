"""Ranges of frames that damage makes doubtful."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine.video.index.frame_index import Index

FrameRange = tuple[int, int]
"""First frame, and the frame after the last."""


def damaged_ranges(index: Index, lost: Iterable[int]) -> tuple[FrameRange, ...]:
    """Return ranges of frames in which something is missing or may look wrong.

    From a packet that did not decode, or before which the file could not be read, to where
    decoding starts anew: what lies between refers to it. Where no frame of that came at all, the
    frames on both sides of the gap.

    Parameters
    ----------
    index : Index
        The frames, and what failed.
    lost : iterable of int
        Frames that are counted but do not decode.

    Returns
    -------
    tuple of (int, int)
        First frame and the frame after the last, increasing, not overlapping.
    """
    table = index.packets
    hurt = np.union1d(index.failed, np.flatnonzero(table.corrupt & ~table.discard))
    ranges = [_range_behind(index, int(packet)) for packet in np.union1d(hurt, table.breaks)]
    return _merged(ranges + [(frame, frame + 1) for frame in lost])


def _range_behind(index: Index, packet: int) -> FrameRange:
    later = index.starts[index.starts > packet]
    stop = int(later[0]) if len(later) else len(index.packets)
    frames = index.frame_of[packet:stop]
    frames = frames[frames >= 0]
    if len(frames):
        return int(frames.min()), int(frames.max()) + 1
    before = int(index.frame_of[:packet].max(initial=-1))
    return max(before, 0), min(before + 2, len(index))


def _merged(ranges: list[FrameRange]) -> tuple[FrameRange, ...]:
    merged: list[FrameRange] = []
    for first, stop in sorted(ranges):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((first, stop))
    return tuple(merged)
