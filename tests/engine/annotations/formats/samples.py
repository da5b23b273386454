"""Videos of steady and varying rates, and bouts on them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from engine.annotations.bouts import Bout
from engine.annotations.formats.source import VideoTimes
from engine.annotations.frame_times import FrameTimes

STEADY = VideoTimes("walk.mp4", FrameTimes(np.arange(100) / 25, 4.0), 25.0)
BOUTS = (
    Bout(0, 10, "walk"),
    Bout(10, 25, "walk", "Ann", "slow, then <fast>"),
    Bout(20, 30, "wave [left|high]", "Ben & Co"),
    Bout(99, 100, "=1+1", "'=x"),
)


@st.composite
def videos(draw: st.DrawFn, least_gap_s: float = 1e-4) -> VideoTimes:
    gaps = draw(st.lists(st.floats(least_gap_s, 2.0), min_size=2, max_size=25))
    edges_s = draw(st.floats(0, 3)) + np.cumsum(gaps)
    return VideoTimes("walk.mp4", FrameTimes(edges_s[:-1], float(edges_s[-1])), 25.0)


@st.composite
def bouts_on(draw: st.DrawFn, video: VideoTimes, *, comments: bool = True) -> tuple[Bout, ...]:
    """Draw bouts; those of one behaviour do not overlap."""
    count, found = video.times.frame_count, []
    names = draw(st.lists(st.tuples(_LABEL, _SUBJECT), min_size=1, max_size=4, unique=True))
    for label, subject in names:
        edges = draw(st.lists(st.integers(0, count), min_size=2, max_size=6, unique=True))
        edges.sort()
        spans = list(pairwise(edges))
        spans = spans[:: draw(st.sampled_from([1, 2]))]
        comment = draw(_SUBJECT) if comments else ""
        found += [Bout(*span, label, subject, comment) for span in spans]
    return tuple(sorted(set(found)))


def _tidied(text: str) -> str:
    return Bout(0, 1, "x", text).subject


_SUBJECT = st.text(max_size=8).map(_tidied)
_LABEL = _SUBJECT.map(lambda text: text or "walk")
