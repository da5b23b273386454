from __future__ import annotations

import math

import numpy as np
import pytest

from engine.evidence import Evidence
from engine.evidence.summary import clip_evidence, evidence_curves
from engine.types import Window
from tests.engine.store.analyses import LENGTH, SPEC, evidence_of, header_of, window_of


def test_clip_evidence_of_one_window_is_that_of_the_window() -> None:
    one = evidence_of(1.0, 2.0, 5.0, "movement")
    whole = clip_evidence([one], SPEC)
    assert whole is not None
    assert (whole.share, *whole.interval) == pytest.approx((one.share, *one.interval))
    assert (whole.still_bits, whole.frames_bits, whole.order_bits) == (1.0, 2.0, 5.0)
    assert (whole.verdict, whole.reason) == ("movement", "It is movement.")
    assert whole.class_bits == one.for_class(1)
    assert (whole.model, whole.labels, whole.windows) == ("tiny", ("running",), 1)
    assert whole.prior == "4 stills of 2 videos"


def test_clip_evidence_divides_the_summed_bits() -> None:
    whole = clip_evidence([evidence_of(0, 0, 9, "movement"), evidence_of(1, 0, 0)], SPEC)
    assert whole is not None
    assert whole.share == pytest.approx(0.9)
    assert whole.interval == pytest.approx((0.8, 1.0))
    assert (whole.still_bits, whole.order_bits) == (0.5, 4.5)
    assert whole.class_bits.total == pytest.approx(
        np.mean([evidence_of(0, 0, 1).for_class(1).total] * 2)
    )


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ([(0, 0, 9, "movement"), (1, 0, 0, "one picture")], "movement"),
        ([(99, 0, 0, "one picture"), (0, 0, 1, "movement")], "one picture"),
        ([(0, 99, 0, "several pictures"), (0, 0, 1, "movement")], "several pictures"),
        ([(5, 0, 0, "one picture"), (0, 0, 5, "movement")], "mixed"),
        ([(0.1, 0, 0, "cannot tell"), (0, 0, 5, "movement")], "movement"),
        ([(0.1, 0, 0, "cannot tell"), (0.2, 0, 0, "cannot tell")], "cannot tell"),
        ([(0, 0, 0, "cannot tell")], "cannot tell"),
        ([(4, 0, 6, "mixed"), (4, 0, 6, "mixed")], "mixed"),
    ],
)
def test_clip_evidence_judges_the_sum_where_windows_differ(parts: list, verdict: str) -> None:
    whole = clip_evidence([evidence_of(*part) for part in parts], SPEC)
    assert whole is not None
    assert whole.verdict == verdict
    assert whole.is_told is (verdict != "cannot tell")
    assert math.isnan(whole.share) is (verdict == "cannot tell")
    assert whole.reason.endswith(".")


def test_clip_evidence_has_the_share_of_its_bits_with_windows_that_cannot_be_told() -> None:
    parts = [evidence_of(2, 1, 9, "movement"), evidence_of(5, 4, 1, "cannot tell")]
    whole = clip_evidence(parts, SPEC)
    assert whole is not None
    assert whole.share == pytest.approx(whole.order_bits / sum(whole.parts)) == 10 / 22
    assert whole.reason.startswith("The windows differ (1 of 2 movement, 1 of 2 cannot tell)")


def test_clip_evidence_is_none_where_nothing_was_measured() -> None:
    assert clip_evidence([], SPEC) is None
    assert clip_evidence([None, None], SPEC) is None


def windows_at(starts: list[int], steps: int, every: int) -> tuple[list[Window], np.ndarray]:
    header = header_of(steps, every)
    return [window_of(header, start) for start in starts], header.step_frames


def curves_by_frame(
    windows: list[Window], evidence: list[Evidence | None], steps: np.ndarray, frames: int
) -> np.ndarray:
    """Share, and order bits of every frame, each looked up by itself."""
    rows = np.full((2, frames), math.nan)
    for frame in range(frames):
        seen = [
            one
            for window, one in zip(windows, evidence, strict=True)
            if one is not None
            and steps[window.start_step] <= frame
            and (
                window.start_step + LENGTH >= len(steps)
                or frame < steps[window.start_step + LENGTH]
            )
        ]
        if any(one.is_told for one in seen):
            rows[0, frame] = sum(e.order_bits for e in seen) / sum(e.total_bits for e in seen)
        if seen:
            rows[1, frame] = np.mean([one.order_bits for one in seen])
    return rows


@pytest.mark.parametrize(("starts", "every"), [([0, 4, 8, 13], 1), ([0, 8, 13], 3), ([0], 2)])
def test_evidence_curves_are_those_of_the_windows_that_cover_a_frame(
    starts: list[int], every: int
) -> None:
    steps = starts[-1] + LENGTH
    windows, step_frames = windows_at(starts, steps, every)
    parts: list[Evidence | None] = [
        evidence_of(place + 1, 1, 2 * place, "mixed", place) for place in range(len(starts))
    ]
    parts[-1] = evidence_of(0.1, 0, 0.1, "cannot tell")
    frames = int(step_frames[-1]) + 2
    for count in (frames, frames // 2, 0):
        found = evidence_curves(windows, parts, step_frames, count)
        expected = curves_by_frame(windows, parts, step_frames, count)
        np.testing.assert_allclose(found.share, expected[0])
        np.testing.assert_allclose(found.order_bits, expected[1])
        np.testing.assert_allclose(found.high - found.low, np.where(found.share >= 0, 0.2, np.nan))
        assert len(found.verdicts) == count


def test_windows_of_one_frame_cover_it() -> None:
    windows, _ = windows_at([0, 4, 8], 16, 1)
    parts: list[Evidence | None] = [evidence_of(1, 1, 1) for _ in windows]
    found = evidence_curves(windows, parts, np.array([0] * 12 + [1] * 4), 2)
    assert found.windows.tolist() == [[0, 3], [2, 3]]


def test_evidence_curves_are_empty_where_nothing_was_measured() -> None:
    windows, step_frames = windows_at([0, 8], 16, 1)
    found = evidence_curves(windows, [None, evidence_of(1, 1, 1)], step_frames, 16)
    assert np.isnan(found.share[:8]).all()
    assert found.verdicts == ("",) * 8 + ("mixed",) * 8
    assert (found.still_bits[8:] == 1).all()
