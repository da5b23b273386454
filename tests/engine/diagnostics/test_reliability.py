from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from engine.diagnostics import reliability
from engine.diagnostics.reliability import Badge, Evidence, reliability_badges
from engine.metrics import FlowPrecision
from engine.store import Analysis, Header
from engine.types import EMPTY_MAP, SELF_TEST, Window
from engine.what_if.checks import FreezeCheck
from tests.engine.store.analyses import LENGTH, header_of, noise, window_of


def header(steps: int, size: int, every: int = 1) -> Header:
    made = header_of(steps, every)
    return replace(made, spec=replace(made.spec, crop=(size, size)))


def analysis_of(relevance: np.ndarray, every: int = 1, **changes: object) -> Analysis:
    """An analysis of one window, or of many that follow one another."""
    steps, size, _ = relevance.shape
    made = header(steps, size, every)
    analysis = Analysis.create(made)
    for first in range(0, steps, LENGTH):
        window: Window = replace(window_of(made, first), **{"conservation": 1.0, **changes})
        analysis.append([window], relevance[first : first + LENGTH])
    return analysis


@pytest.fixture
def opened() -> Iterator[list[Analysis]]:
    made: list[Analysis] = []
    yield made
    for analysis in made:
        analysis.close()


def badges(analysis: Analysis, opened: list[Analysis], **known: object) -> dict[str, Badge]:
    opened.append(analysis)
    return {badge.name: badge for badge in reliability_badges(analysis, True, **known)}  # type: ignore[arg-type]


def ones(steps: int = LENGTH, size: int = 20) -> np.ndarray:
    return np.ones((steps, size, size), np.float32)


@pytest.mark.parametrize(
    ("ratio", "level"),
    [(1.0, "ok"), (0.9995, "ok"), (1.03, "caution"), (0.9, "error"), (-1.0, "error")],
)
def test_conservation_is_graded(ratio: float, level: str, opened: list[Analysis]) -> None:
    assert badges(analysis_of(ones(), conservation=ratio), opened)["conservation"].level == level


def test_conservation_is_left_out_where_it_means_nothing(opened: list[Analysis]) -> None:
    analysis = analysis_of(ones())
    opened.append(analysis)
    assert "conservation" not in {badge.name for badge in reliability_badges(analysis, False)}
    assert "conservation" not in badges(analysis_of(ones(), conservation=math.nan), opened)


@pytest.mark.parametrize(("gap", "level"), [(0.01, "ok"), (0.1, "caution"), (0.3, "error")])
def test_windows_tell_how_far_they_disagree(gap: float, level: str, opened: list[Analysis]) -> None:
    badge = badges(analysis_of(ones(3 * LENGTH), disagreement=gap), opened)["windows"]
    assert badge.level == level
    assert f"{100 * gap:.0f} points" in badge.text
    assert f"{100 * gap:.0f} points" in badge.explanation


def test_windows_of_an_earlier_version_have_no_badge(opened: list[Analysis]) -> None:
    assert "windows" not in badges(analysis_of(ones(3 * LENGTH)), opened)


@pytest.mark.parametrize(("frames", "level"), [(1, "ok"), (4, "caution"), (LENGTH, "error")])
def test_time_steps_tell_how_coarse_the_maps_are(
    frames: int, level: str, opened: list[Analysis]
) -> None:
    badge = badges(analysis_of(ones(), time_step=frames), opened)["time steps"]
    assert badge.level == level
    assert badge.text == (
        "Full temporal resolution" if frames == 1 else f"1 map in {frames} frames"
    )


def test_border_of_a_uniform_map_is_chance(opened: list[Analysis]) -> None:
    badge = badges(analysis_of(ones()), opened)["border"]
    assert (badge.text, badge.level) == ("36% at the border", "ok")


def test_border_is_bad_where_relevance_lies_there(opened: list[Analysis]) -> None:
    relevance = ones()
    relevance[:, 2:-2, 2:-2] = 0
    assert badges(analysis_of(-relevance), opened)["border"].level == "error"


def test_border_of_a_map_without_relevance_is_left_out(opened: list[Analysis]) -> None:
    assert "border" not in badges(analysis_of(0 * ones()), opened)


def test_padding_and_interpolation_appear_only_where_there_are_any(opened: list[Analysis]) -> None:
    whole = badges(analysis_of(ones()), opened)
    assert not {"padding", "interpolation"} & whole.keys()
    short = badges(analysis_of(ones(3), every=2), opened)
    assert short["padding"].text == "5 of 8 frames repeated"
    assert short["padding"].level == "error"
    assert short["interpolation"].text == "40% of frames interpolated"


def test_repeats_are_told_with_both_rates(opened: list[Analysis]) -> None:
    analysis = analysis_of(ones(16))
    made = analysis.header
    spec = replace(made.spec, fps=30.0, stride=None)
    frames = np.repeat(np.arange(8), 2)
    analysis.header = replace(made, spec=spec, fps=15.0, step_frames=frames)
    badge = badges(analysis, opened)["repeats"]
    assert (badge.text, badge.level) == ("53% of frames repeated", "error")
    assert "has 15 frames/s and" in badge.explanation
    assert "repeats" not in badges(analysis_of(ones(16)), opened)


@pytest.mark.parametrize(
    ("cuts", "keep", "text", "level"),
    [
        ((3,), False, "1 of 3 windows crosses a shot cut and is left out", "caution"),
        ((3, 9), True, "2 of 3 windows cross a shot cut and count like the others", "caution"),
        (
            (3, 9, 20),
            False,
            "3 of 3 windows cross a shot cut: the numbers are of pictures of several shots",
            "error",
        ),
        ((8, 16), False, "", ""),
    ],
)
def test_cuts_tell_how_many_windows_cross_them(
    cuts: tuple[int, ...], keep: bool, text: str, level: str, opened: list[Analysis]
) -> None:
    analysis = analysis_of(ones(3 * LENGTH), cuts=cuts)
    analysis.header = replace(
        analysis.header, request=replace(analysis.header.request, keep_cuts=keep)
    )
    badge = badges(analysis, opened).get("cuts")
    assert (badge is not None) == bool(text)
    assert badge is None or (badge.explanation.startswith(text) and badge.level == level)
    assert badge is None or badge.text == f"cuts in {text[0]} of 3 windows"


def test_notices_are_counted(opened: list[Analysis]) -> None:
    badge = badges(analysis_of(ones(16), notices=("A.", "B.")), opened)["notes"]
    assert (badge.text, badge.explanation) == ("2 notes", "A. B.")


@pytest.mark.parametrize(
    ("precision", "chance", "level"),
    [(0.6, 0.2, "ok"), (0.25, 0.2, "caution"), (0.1, 0.2, "error"), (math.nan, 0.2, "caution")],
)
def test_flow_is_read_against_chance(
    precision: float, chance: float, level: str, opened: list[Analysis]
) -> None:
    flow = FlowPrecision(precision, chance, 0.1)
    assert badges(analysis_of(ones()), opened, flow=flow)["flow"].level == level


def test_flow_where_nothing_moves_says_so(opened: list[Analysis]) -> None:
    flow = FlowPrecision(0.0, 0.0, 0.1)
    assert badges(analysis_of(ones()), opened, flow=flow)["flow"].text == "nothing moves"


def frozen(original: float, motion: float, others: float, everything: float) -> FreezeCheck:
    """A check with the same scores at all shares between none and all."""
    return FreezeCheck(
        label="walking",
        preset="recommended",
        sigma=1.0,
        share=0.1,
        original=original,
        motion=motion,
        others=others,
        static=original,
        shares=(0.0, 0.1, 1.0),
        motion_curve=(original, motion, everything),
        others_curve=(original, others, everything),
        windows=1,
        draws=2,
    )


@pytest.mark.parametrize(
    ("scores", "level", "text"),
    [
        ((0.9, 0.2, 0.8, 0.1), "ok", "freezing motion costs 60 points more"),
        ((0.9, 0.5, 0.52, 0.1), "caution", "freezing motion costs 2 points more"),
        ((0.9, 0.8, 0.3, 0.1), "error", "freezing motion costs 50 points less"),
        ((0.9, 0.89, 0.9, 0.9), "caution", "freezing changes nothing"),
    ],
)
def test_freezing_is_read_by_the_gap_of_its_curves(
    scores: tuple[float, ...], level: str, text: str, opened: list[Analysis]
) -> None:
    found = badges(analysis_of(ones()), opened, freezing=frozen(*scores))["freezing"]
    assert (found.level, found.text) == (level, text)
    assert "walking" in found.explanation


def test_flow_without_a_camera_in_any_frame_says_so(opened: list[Analysis]) -> None:
    nan = float("nan")
    badge = badges(analysis_of(ones()), opened, flow=FlowPrecision(nan, nan, nan, 1.0, nan))["flow"]
    assert (badge.text, badge.level) == ("flow: camera not told", "caution")


def test_flow_says_how_many_frames_were_left_out(opened: list[Analysis]) -> None:
    badge = badges(analysis_of(ones()), opened, flow=FlowPrecision(0.8, 0.2, 0.1, 0.25))["flow"]
    assert "in 25% of the frames; these are left out" in badge.explanation
    assert badge.level == "ok"


def test_flow_warns_of_a_large_thing_taken_for_the_camera(opened: list[Analysis]) -> None:
    flow = FlowPrecision(0.8, 0.2, 0.1, contested=0.4)
    badge = badges(analysis_of(ones()), opened, flow=flow)["flow"]
    assert badge.level == "caution"
    assert "camera uncertain" in badge.text
    assert "In 40% of the frames used, a thing that fills much" in badge.explanation


@pytest.mark.parametrize(
    ("probabilities", "level"),
    [
        ((0.9, 0.05, 0.05), None),
        ((0.45, 0.35, 0.2), "error"),
        ((0.4,) + (0.6 / 399,) * 399, "caution"),
    ],
)
def test_unlike_is_told_by_the_highest_probability(
    probabilities: tuple[float, ...], level: str | None, opened: list[Analysis]
) -> None:
    logits = np.log(np.array(probabilities, np.float32)) + 7
    badge = badges(analysis_of(ones(), logits=logits), opened).get("unlike")
    assert (None if badge is None else badge.level) == level
    assert badge is None or f"{max(probabilities):.0%}" in badge.text


@pytest.mark.parametrize(("logit", "is_strange"), [(2.0, True), (5.0, False)])
def test_unlike_is_told_by_a_model_that_knows(
    logit: float, is_strange: bool, opened: list[Analysis]
) -> None:
    analysis = analysis_of(ones(), logits=np.array([logit, -9, -9], np.float32))
    spec = analysis.header.spec
    told = replace(spec, trained_on="rendered figures", least_familiar=3.0)
    analysis.header = replace(analysis.header, spec=told)
    badge = badges(analysis, opened).get("unlike")
    assert (badge is not None) == is_strange
    if badge is not None:
        assert (badge.level, badge.text) == ("error", "unlike rendered figures")
        assert "trained on rendered figures; load a Kinetics model" in badge.advice
        assert "2.00" in badge.explanation


def test_empty_analysis_has_no_badges(opened: list[Analysis]) -> None:
    analysis = Analysis.create(header(8, 20))
    opened.append(analysis)
    assert reliability_badges(analysis, True) == ()


def test_border_looks_at_all_parts_of_a_long_analysis(opened: list[Analysis]) -> None:
    relevance = ones(304)
    relevance[152:, 2:-2, 2:-2] = 0  # its second half lies at the border
    share = 2 * 0.36 / (1 + 0.36)
    assert badges(analysis_of(relevance), opened)["border"].text == f"{share:.0%} at the border"


def test_health_of_300_steps_is_quick(opened: list[Analysis]) -> None:
    rng = np.random.default_rng(0)
    analysis = analysis_of(rng.standard_normal((304, 112, 112), np.float32))
    times = []
    for _ in range(5):
        began = time.perf_counter()
        assert badges(analysis, opened)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.05


def test_noise_is_not_called_border(opened: list[Analysis]) -> None:
    assert noise(1).dtype == np.float32
    rng = np.random.default_rng(1)
    relevance = rng.standard_normal((64, 112, 112), np.float32)
    assert badges(analysis_of(relevance), opened)["border"].level == "ok"


def test_a_badge_is_a_function_in_the_table(
    opened: list[Analysis], monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(evidence: Evidence) -> Badge | None:
        frames = evidence.analysis.frame_count
        return Badge("short", f"{frames} frames", "caution", "Few frames.") if frames < 20 else None

    monkeypatch.setattr(reliability, "BADGES", (*reliability.BADGES, short))
    assert badges(analysis_of(ones()), opened)["short"].text == f"{LENGTH} frames"
    assert "short" not in badges(analysis_of(ones(24)), opened)


def test_an_empty_map_is_told(opened: list[Analysis]) -> None:
    badge = badges(analysis_of(ones(), notices=(EMPTY_MAP,)), opened)["empty"]
    assert (badge.level, badge.advice) == ("error", EMPTY_MAP)
    assert "empty" not in badges(analysis_of(ones()), opened)


def test_device_is_told_where_arithmetic_is_switched_off(opened: list[Analysis]) -> None:
    notice = f"{SELF_TEST} TF32 is not used."
    badge = badges(analysis_of(ones(), notices=(notice, "Something else.")), opened)["device"]
    assert (badge.level, badge.explanation) == ("caution", notice)
    assert "device" not in badges(analysis_of(ones(), notices=("Something else.",)), opened)
