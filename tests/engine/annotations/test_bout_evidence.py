from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.annotations.bout_evidence import bout_evidence, bout_table, numbers_of
from engine.annotations.bouts import Bout
from engine.evidence import Evidence
from engine.store import Analysis
from engine.windows import window_starts
from tests.engine.store.analyses import LENGTH, evidence_of, header_of, noise, window_of

START = 10
EVIDENCE = (evidence_of(1, 0, 3), evidence_of(2, 0, 2), evidence_of(0, 1, 0), None)


def filled(folder: Path, steps: int, start: int, evidence: tuple[Evidence | None, ...]) -> Analysis:
    """Return a complete analysis whose windows have this evidence in turns."""
    header = header_of(steps, 1, start)
    analysis, relevance = Analysis.create(header, folder), noise(steps)
    starts = window_starts(steps, LENGTH, 0.5)
    for i, (first, stop) in enumerate(zip(starts, (*starts[1:], steps), strict=True)):
        found = [evidence[i % len(evidence)]]
        analysis.append([window_of(header, first)], relevance[first:stop], found)
    return analysis


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """An analysis of the frames 10 to 39, whose windows differ in their evidence."""
    folder = tmp_path_factory.mktemp("analysis")
    return filled(folder, 30, START, EVIDENCE)


@given(st.integers(0, 49), st.integers(1, 60))
def test_bout_has_the_numbers_of_its_explained_frames(
    analysis: Analysis, first: int, length: int
) -> None:
    [row] = bout_evidence(
        numbers_of(analysis, "recommended", 1.0), [Bout(first, first + length, "walk")]
    )
    inside = [f for f in range(first, first + length) if START <= f < START + 30]
    assert (row.frames, row.explained) == (length, len(inside))
    curves = analysis.separation("recommended").curves(1.0)
    found = analysis.evidence_curves()
    at = [frame - START for frame in inside]
    if not at:
        assert np.isnan([row.motion_share, row.relevance_share, row.score, row.start_s]).all()
        return
    whole, motion = curves.relevance, curves.motion
    assert row.changing_share == pytest.approx(motion[at].sum() / whole[at].sum())
    assert row.relevance_share == pytest.approx(whole[at].sum() / whole.sum())
    assert row.score == pytest.approx(np.mean(np.asarray(analysis.target_scores())[at]))
    bits = np.array([found.still_bits[at], found.frames_bits[at], found.order_bits[at]])
    known = bits[:, np.isfinite(bits).all(axis=0)]
    assert row.order_bits == pytest.approx(known[2].mean() if known.size else np.nan, nan_ok=True)
    share = known[2].sum() / known.sum() if known.size else np.nan
    assert row.motion_share == pytest.approx(share, nan_ok=True)


def test_bouts_that_cover_the_clip_share_all_relevance(analysis: Analysis) -> None:
    bouts = (Bout(0, 17, "a"), Bout(17, 25, "b"), Bout(25, 90, "c"))
    rows = bout_evidence(numbers_of(analysis, "recommended", 1.0), bouts)
    assert sum(row.relevance_share for row in rows) == pytest.approx(1)
    assert [row.explained for row in rows] == [7, 8, 15]
    assert rows[0].stop_s == rows[1].start_s == analysis.header.timestamps_s[7]
    assert rows[0].start_s == analysis.header.timestamps_s[0]


def test_table_has_a_row_a_bout_and_no_formula(analysis: Analysis) -> None:
    bouts = (Bout(12, 20, "=walk", "Ann"), Bout(0, 5, "far"))
    text = bout_table(bout_evidence(numbers_of(analysis, "recommended", 1.0), bouts))
    far, walk = csv.DictReader(io.StringIO(text))
    assert (walk["label"], walk["subject"], walk["last_frame"]) == ("'=walk", "Ann", "19")
    assert (far["frames"], far["explained"], far["score"]) == ("5", "0", "")
    assert float(walk["score"]) > 0


def test_interval_of_a_bout_is_that_of_its_frames(tmp_path: Path) -> None:
    analysis = filled(tmp_path, 8, 0, EVIDENCE[:1])
    [row] = bout_evidence(numbers_of(analysis, "recommended", 1.0), [Bout(2, 5, "walk")])
    assert row.motion_share == pytest.approx(0.75)
    assert (row.motion_share_low, row.motion_share_high) == pytest.approx((0.65, 0.85))
    assert (row.still_bits, row.frames_bits, row.order_bits) == pytest.approx((1, 0, 3))
