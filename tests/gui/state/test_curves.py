from __future__ import annotations

import pytest

from gui.state.curves import curves_of
from tests.engine.store.test_shot_cuts import CUTS, analysis_with


@pytest.mark.parametrize(("cuts", "stop"), [(CUTS, 108), ({}, 120)])
def test_peaks_are_not_of_windows_across_a_cut(cuts: dict[int, tuple[int, ...]], stop: int) -> None:
    analysis = analysis_with(cuts)
    frames = [peak.frame for peak in curves_of(analysis, "recommended", 0.0, lambda: None).peaks]
    analysis.close()
    assert frames
    assert stop - 12 <= max(frames) < stop
