"""What is measured of an explanation, on volumes whose figures can be told by hand."""

import json

import numpy as np
import pytest
import torch

from benchmarks.motion_figures import measurement
from benchmarks.motion_figures.dataset import make_clip
from benchmarks.motion_figures.ladder_measures import (
    SHARED,
    Counts,
    Rung,
    agreement,
    measure_ladder,
)
from benchmarks.motion_figures.measurement import Extent, measure, version_of
from benchmarks.motion_figures.measures import PAPERS, Truth, figures_of, truth_of
from benchmarks.motion_figures.networks import as_model, save_weights
from benchmarks.motion_figures.reliance import Answers
from benchmarks.motion_figures.selectors import FROZEN, SELECTORS, Selected, select
from engine.attribution import Attribution
from engine.models.networks.figures import FiguresNet


def truth() -> Truth:
    """Sixteen steps: a square moves in the middle, a sign is in the corner."""
    moving = np.zeros((16, 12, 12), np.bool_)
    moving[:, 5:8, 5:8] = True
    cue = np.zeros_like(moving)
    cue[:, :2, :2] = True
    return Truth(moving, cue, np.zeros_like(moving), np.where(moving, 3, 0).astype(np.float32))


def heat_of(relevance: np.ndarray) -> Attribution:
    logits = np.zeros(8, np.float32)
    return Attribution(relevance.astype(np.float32), 0, logits, 1.0, None, len(relevance), ())


def on_both() -> np.ndarray:
    """Relevance that blinks where something moves, and as much that stays on the sign."""
    known = truth()
    blinks = (np.arange(16) % 4 < 2)[:, None, None]
    return (2.0 * blinks * known.moving + 9 / 4 * known.cue).astype(np.float32)


def test_figures_of_raw_relevance_are_shares_of_the_whole():
    heat = heat_of(on_both())
    found = figures_of(heat.relevance, select(heat), truth())["raw"]
    assert found["mass"] == pytest.approx(0.5)
    assert found["cue"] == pytest.approx(0.5)
    assert found["precision"] == pytest.approx(72 / (72 + 64))
    assert found["chance"] == pytest.approx(9 / 144)
    assert np.isnan(found["distractor"])
    assert found["share"] == 1.0


def test_figures_of_the_selectors_let_no_still_sign_through():
    heat = heat_of(on_both())
    found = figures_of(heat.relevance, select(heat), truth())
    for selector in ("recommended", "variation"):
        assert found[selector]["cue"] == 0.0
    # Where blinking pauses, at its turns, the derivative is 0 as it is on the sign.
    assert found["recommended"]["area cue"] == pytest.approx(15 / 16)
    assert found["variation"]["area cue"] == 1.0
    assert found["variation"]["cue at recommended"] == 0.0


def test_figures_of_a_selector_that_prefers_the_sign_are_at_the_bottom():
    known = truth()
    heat = heat_of(on_both())
    everything = np.ones(known.moving.shape, np.bool_)
    wrong = Selected(heat.relevance, everything, known.cue.astype(np.float32), 1.0)
    found = figures_of(heat.relevance, select(heat) | {"wrong": wrong}, known)["wrong"]
    assert found["area cue"] == 0.0
    assert found["cue at recommended"] == 1.0


def test_truth_of_a_clip_has_flow_for_every_frame():
    clip = make_clip(31, "jumping jack", camera="still")
    found = truth_of(clip)
    assert found.magnitude.shape == clip.moving.shape
    assert found.magnitude[found.moving].mean() > found.magnitude[~found.moving].mean()


@pytest.fixture
def untrained(tmp_path):
    torch.manual_seed(0)
    shrunk = torch.nn.AvgPool3d((1, 4, 4))  # what it answers does not matter, but whether soon
    network = torch.nn.Sequential(shrunk, FiguresNet()).eval()
    weights = tmp_path / "weights.safetensors"
    save_weights(network, weights)
    return as_model("figures", network), weights


def test_measure_keeps_rows_and_does_not_make_them_again(tmp_path, untrained, monkeypatch):
    monkeypatch.setattr(measurement, "METHODS", ("lrp", "gradient"))
    rows = measure(*untrained, Extent(2, 1), tmp_path / "rows")
    assert [(row["clip"], row["method"]) for row in rows] == [
        (0, "lrp"), (0, "gradient"), (1, "lrp"), (1, "gradient"),
    ]  # fmt: skip
    assert set(rows[0]["figures"]) == set(SELECTORS)
    assert set(rows[2]["figures"]) == set(SELECTORS) - {FROZEN}
    assert all(f"cue of {paper}" in rows[0]["figures"]["raw"] for paper in PAPERS)
    monkeypatch.setattr(measurement, "_row", None)  # would fail if it were called
    again = measure(*untrained, Extent(2, 1), tmp_path / "rows")
    assert json.dumps(again) == json.dumps(rows)


def test_measure_makes_a_row_again_that_was_cut_off(tmp_path, untrained, monkeypatch):
    monkeypatch.setattr(measurement, "METHODS", ("gradient",))
    rows = measure(*untrained, Extent(2, 0), tmp_path / "rows")
    (table,) = (tmp_path / "rows").iterdir()
    table.write_text(table.read_text()[:-40])
    assert json.dumps(measure(*untrained, Extent(2, 0), tmp_path / "rows")) == json.dumps(rows)
    assert len(table.read_text().splitlines()) == 2


def test_version_of_changes_with_weights_and_marks(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    assert version_of(first) == version_of(first)
    assert len({version_of(first), version_of(second), version_of(first, True)}) == 3


def rung(b: float, share: float, frozen: float) -> Rung:
    rng = np.random.default_rng(int(100 * b))
    told = np.ones(200, np.bool_)
    still = np.arange(200) < 200 * frozen
    shares = {name: share + rng.normal(0, 0.01, 40) for name in SHARED}
    return Rung(b, Answers(told, told, still), shares)


def test_agreement_of_shares_that_follow_reliance_is_one():
    rungs = [rung(b, 0.9 - 0.4 * b, b) for b in (0.0, 0.3, 0.6, 0.9)]
    found = agreement(rungs, "variation")
    assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
    turned = agreement([rung(b, 0.4 * b, b) for b in (0.0, 0.3, 0.6, 0.9)], "variation")
    assert turned.value == -1.0


def test_answers_tell_what_is_lost():
    found = Answers(
        np.array([True, True, True, False]),
        np.array([True, False, False, False]),
        np.array([True, True, False, False]),
    )
    assert found.cue_reliance() == 0.5
    assert found.motion_reliance() == 0.25


def test_ladder_is_measured_once(tmp_path, untrained, monkeypatch):
    counts = Counts(2, shares=1, stills=1)
    (first,) = measure_ladder({0.5: untrained}, counts, tmp_path)
    assert first.answers.telling.shape == (2,)
    assert set(first.shares) == set(SHARED)
    assert all(0 <= share[0] <= 1 for share in first.shares.values())
    monkeypatch.setattr("benchmarks.motion_figures.ladder_measures.answers", None)
    (again,) = measure_ladder({0.5: untrained}, counts, tmp_path)
    assert again.b == 0.5
    np.testing.assert_array_equal(again.shares["variation"], first.shares["variation"])
