"""Windows that cross a shot cut, in the numbers of an analysis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.store import Analysis
from tests.engine.store.analyses import evidence_of, header_of, noise, window_of

STARTS = 0, 4, 8, 12
STEPS = 20
CUTS = {4: (9,), 8: (9, 13), 12: (13,)}  # of the windows from 4, 8 and 12


def analysis_with(cuts: dict[int, tuple[int, ...]], *, keep: bool = False) -> Analysis:
    header = header_of(STEPS, start=100)
    header = replace(header, request=replace(header.request, keep_cuts=keep, preset="recommended"))
    analysis = Analysis.create(header)
    relevance = noise(STEPS)
    for first, after in zip(STARTS, (*STARTS[1:], STEPS), strict=True):
        window = replace(window_of(header, first), cuts=cuts.get(first, ()))
        analysis.append([window], relevance[first:after], [evidence_of(1, 1, first, seed=first)])
    return analysis


@pytest.fixture
def crossed() -> Iterator[Analysis]:
    analysis = analysis_with(CUTS)
    yield analysis
    analysis.close()


def test_windows_across_cuts_are_not_counted(crossed: Analysis) -> None:
    assert crossed.cuts == (9, 13)
    assert crossed.counted.tolist() == [True, False, False, False]
    assert [window.start_step for window in crossed.counted_windows] == [0]
    assert np.flatnonzero(crossed.counted_steps).tolist() == list(range(8))
    assert crossed.conservation == crossed.windows[0].conservation
    assert crossed.cuts_sentence == (
        "3 of 4 windows cross a shot cut and are left out of the numbers."
    )


def test_changing_share_is_of_the_frames_of_counted_windows(crossed: Analysis) -> None:
    curves = crossed.separation("recommended").curves(1.0)
    share = curves.motion[:8].sum() / curves.relevance[:8].sum()
    assert curves.clip_changing_share == pytest.approx(share)


def test_evidence_and_scores_are_of_other_windows_where_there_are_any(crossed: Analysis) -> None:
    whole = crossed.clip_evidence()
    assert whole is not None
    assert (whole.windows, whole.order_bits) == (1, 0)
    order = crossed.evidence_curves().order_bits
    assert order[[0, 5, 7, 8, 10, 19]].tolist() == [0, 0, 0, 6, 6, 12]
    scores, plain = crossed.probabilities(), analysis_with({}).probabilities()
    assert scores[5] == pytest.approx(scores[0], abs=1e-4)
    assert plain[5] != pytest.approx(plain[0], abs=1e-4)
    assert scores[10] == pytest.approx(plain[10], abs=1e-5)


def test_windows_across_cuts_count_where_that_is_asked_for_or_all_cross() -> None:
    for cuts, keep in ((CUTS, True), ({**CUTS, 0: (2,)}, False)):
        analysis = analysis_with(cuts, keep=keep)
        assert analysis.counted.all()
        whole = analysis.clip_evidence()
        assert whole is not None
        assert whole.windows == 4
        assert "left out" not in analysis.cuts_sentence
        assert "cross a shot cut" in analysis.cuts_sentence
        analysis.close()


def test_cuts_are_saved_as_frames_of_the_video(crossed: Analysis, tmp_path: Path) -> None:
    crossed.save(tmp_path / "saved", preset="recommended", sigma=1.0)
    assert crossed.document(preset="recommended", sigma=1.0)["cuts"] == [109, 113]
    again = Analysis.open(tmp_path / "saved")
    assert again.cuts == (9, 13)
    assert again.counted.tolist() == crossed.counted.tolist()


def test_a_cut_at_the_first_frame_of_a_window_is_not_crossed() -> None:
    header = header_of(STEPS)
    window = replace(window_of(header, 4), cuts=(4, 12))
    assert not window.crosses_cut
    assert replace(window, cuts=(11,)).crosses_cut
