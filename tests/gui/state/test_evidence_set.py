from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.store import Analysis
from gui.state.evidence_set import evidence_of as set_of
from tests.engine.store.analyses import evidence_of, header_of, noise, window_of
from tests.gui.evidence_sets import evidence_set

MOVES, RESTS = evidence_of(1, 0, 9, "movement"), evidence_of(5, 0, 0.1, "one picture")


def test_evidence_of_an_analysis_without_any_is_none(tmp_path: Path) -> None:
    analysis = Analysis.create(header_of(8), tmp_path)
    assert set_of(analysis) is None
    analysis.append([window_of(analysis.header, 0)], noise(8))
    assert set_of(analysis) is None


def test_evidence_of_an_analysis_grows_with_its_windows(tmp_path: Path) -> None:
    analysis = Analysis.create(header_of(16, start=100), tmp_path)
    analysis.append([window_of(analysis.header, 0)], noise(8), [MOVES])
    first = set_of(analysis)
    assert first is not None
    assert (first.clip.windows, len(first.curves.share)) == (1, 8)
    analysis.append([window_of(analysis.header, 8)], noise(8), [None])
    second = set_of(analysis)
    assert second is not None
    assert [(w.first, w.last, w.evidence) for w in second.windows] == [
        (100, 107, MOVES),
        (108, 115, None),
    ]
    assert np.isnan(second.curves.share[8:]).all()


def test_evidence_at_a_frame_is_that_of_the_window_around_it() -> None:
    found = evidence_set([MOVES, RESTS, None], start=10)
    at = [found.at(frame) for frame in (9, 10, 22, 30, 41, 42)]
    assert [None if w is None else w.first for w in at] == [None, 10, 18, 26, 26, None]
