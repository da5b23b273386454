"""The results page from made-up figures: it says what it was given, and what was not measured."""

import numpy as np
import pytest

from benchmarks.motion_figures import __main__ as command
from benchmarks.motion_figures.accuracy import Accuracy, kept_accuracy
from benchmarks.motion_figures.choice import CANDIDATES
from benchmarks.motion_figures.ladder_measures import SHARED, Rung
from benchmarks.motion_figures.measures import PAPERS
from benchmarks.motion_figures.networks import NETWORKS, save_weights
from benchmarks.motion_figures.reliance import Answers
from benchmarks.motion_figures.results import COLUMNS, Measured, page
from benchmarks.motion_figures.selectors import FROZEN, SELECTORS


def row(clip: int, method: str) -> dict:
    names = [name for name, _ in COLUMNS] + ["share"]
    figures = dict.fromkeys(names, 0.25 + clip / 100)
    for paper in PAPERS:
        figures |= {f"cue at {paper}": 0.1, f"cue of {paper}": 0.4}
    found = {name: dict(figures) for name in SELECTORS if name != FROZEN or clip < 2}
    return {
        "method": method,
        "clip": clip,
        "camera": ("still", "pan")[clip % 2],
        "right": True,
        "figures": found,
    }


def measured() -> Measured:
    answer = np.arange(16) % 8
    truth = answer.copy()
    truth[3] = 0
    accuracy = Accuracy(truth, answer, ("still", "hand-held", "pan", "still") * 4)
    return Measured("bundled network", accuracy, [row(i, m) for i in range(8) for m in ("lrp",)])


def rung(b: float) -> Rung:
    told = np.ones(20, np.bool_)
    frozen = np.arange(20) < 20 * b
    return Rung(b, Answers(told, told, frozen), {name: np.full(8, 1 - b / 2) for name in SHARED})


def test_page_has_every_table_with_intervals():
    areas = {"motion": [0.8, 0.9], "cue": [0.9, 0.95]}
    choices = {"bundled": dict.fromkeys(CANDIDATES, areas)}
    text = page([measured()], [rung(b) for b in (0.0, 0.5, 0.9)], choices, 7, "Made by hand.")
    assert "93.8% [81.2%, 100.0%]" in text
    assert "| variation | +1.00 [+1.00, +1.00] |" in text
    assert "| recommended | 0.400 [0.400, 0.400] | 0.100 [0.100, 0.100] | 0.250" in text
    assert text.count("| lrp |") == len(SELECTORS)
    assert "0.850 [0.800, 0.900]" in text
    assert "nan" not in text
    columns = [line.count(" | ") for line in text.splitlines() if line.startswith("| lrp")]
    assert set(columns) == {len(COLUMNS) + 1}


def test_page_says_what_was_not_measured():
    text = page([measured()], [], {}, 7, "")
    assert text.count("Not measured.") == 2


def test_accuracy_is_kept_with_its_weights(tmp_path, monkeypatch):
    network = NETWORKS["figures"]().eval()
    weights = tmp_path / "w.safetensors"
    save_weights(network, weights)
    first = kept_accuracy(network, weights, 3, tmp_path)
    monkeypatch.setattr("benchmarks.motion_figures.accuracy.accuracy_of", None)
    again = kept_accuracy(network, weights, 3, tmp_path)
    np.testing.assert_array_equal(first.answer, again.answer)
    assert again.truth.tolist() == [0, 1, 2]
    assert first.camera == again.camera


def test_command_stops_where_the_machine_draws_other_clips(monkeypatch):
    monkeypatch.setattr(command, "differing", lambda count: [3])
    with pytest.raises(SystemExit, match="1 of 400 clips differ"):
        command.main(["testset"])


def test_command_knows_what_it_can_do(capsys):
    with pytest.raises(SystemExit):
        command.main(["everything"])
    assert "testset" in capsys.readouterr().err
