from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.tour import __main__ as command
from benchmarks.tour.desktop import Desktop, missing
from benchmarks.tour.steps import CHANGED, SAME, Step, other_than, unmet
from benchmarks.tour.story import REOPENED, STEPS
from benchmarks.tour.tour import Tour
from resources import resource_path

_SHARE = 12  # of the steps: a few seconds


@pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}")
def test_first_steps_of_the_tour_go_as_expected(tmp_path: Path) -> None:
    with resource_path("demo.mp4") as clip, Desktop((1024, 640)) as desktop:
        tour = Tour(desktop, tmp_path, None)
        tour.take(clip, STEPS[:_SHARE])
    assert tour.wrong == []
    assert tour.passed == _SHARE


def test_tour_has_sixty_steps_with_something_expected_of_each() -> None:
    steps = STEPS + REOPENED
    assert len(steps) >= 60
    assert all(step.expected or step.seen for step in steps)
    assert len({step.title for step in STEPS}) == len(STEPS)


def test_unmet_says_what_is_not_as_expected() -> None:
    expected = {
        "frame": 30,
        "range": SAME,
        "popup": other_than("list"),
        "sigma": SAME,
        "speed": CHANGED,
    }
    step = Step("Steps", (), expected, seen=("results", "notes"))
    before = {"range": [1, 2], "sigma": 1.0, "speed": 2}
    state = {"frame": 31, "range": [1, 3], "popup": "list", "sigma": 1.0, "speed": 2}
    assert unmet(step, before, state | {"seen": {"results": False, "notes": True}}) == [
        "not seen whole: results",
        "frame is 31, expected 30",
        "range is [1, 3], expected [1, 2]",
        "popup is 'list', expected something else",
        "speed is 2, expected something else",
    ]


def test_tour_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("sys.argv", ["tour"])
    assert command.main() == 1
    assert "The tour needs Xvfb, openbox, xdotool: install them" in capsys.readouterr().err
