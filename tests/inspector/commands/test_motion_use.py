"""`motion-inspector motion-use` and `frozen-frames`: one video in, figures out."""

import json
from pathlib import Path

import numpy as np
import pytest

from inspector.cli import main
from tests.clips import moving_square, write_clip
from tests.inspector.commands.test_bias import card

__all__ = ["card"]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", moving_square(10))


def said_by(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    asked = [str(word) for word in words]
    assert main([*asked, "--trust", "--device", "cpu"]) == 0
    return capsys.readouterr().out


def test_motion_use_tells_the_verdict_of_a_stated_window(
    clip: Path, card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = said_by(capsys, "motion-use", clip, "--model", card, "--window", 1)
    assert "cannot tell what the model looked at" in said.lower()
    assert "net, " in said
    assert "scrambled stills" in said
    assert "Window 1 of 4: frames 2 to 5; --all takes all" in said
    assert "shuffled (mean of 8)" in said
    assert "from order to order" in said


def test_motion_use_of_all_windows_lists_them(
    clip: Path, card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = card.parent / "net.py"
    made = net.read_text().replace("return", "net =") + "    return net.apply(guessing)\n"
    guessing = "def guessing(part):\n    [nn.init.zeros_(one) for one in part.parameters()]\n"
    net.write_text(made + guessing)
    said = said_by(capsys, "motion-use", clip, "--model", card, "--all", "--shuffles", 1)
    assert [line.split()[0] for line in said.splitlines()[4:8]] == ["0", "1", "2", "3"]
    assert "from order to order" not in said
    assert "In 4 of 4 windows the class explained is as good as guessed" in said


def test_motion_use_gives_all_numbers_as_json(
    clip: Path, card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("motion-use", clip, "--model", card, "--start", 3, "--shuffles", 3, "--json")
    found = json.loads(said_by(capsys, *words))
    (window,) = found["windows"]
    assert (window["frames"], window["window"], found["windows_of_range"]) == ([3, 6], 0, 3)
    assert found["evidence"]["verdict"] == window["evidence"]["verdict"]
    assert len(window["shuffled_probabilities"]) == 3
    # a mean over time hears of no order
    np.testing.assert_allclose(
        window["shuffled_probabilities"], window["probabilities"]["original"], rtol=1e-5
    )
    assert window["evidence"]["order_bits"] < 1e-6


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--window", "9"), "There is no window 9"),
        (("--start", "99"), "10 frames"),
        (("--start", "1", "--all"), "one of --start"),
        (("--class", "flying"), "no class"),
    ],
)
def test_motion_use_says_what_is_wrong(
    clip: Path, card: Path, words: tuple, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["motion-use", str(clip), "--model", str(card), "--trust", *words]) != 0
    assert complaint in capsys.readouterr().err


def test_frozen_frames_splits_the_relevance(
    clip: Path, card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("frozen-frames", clip, "--model", card, "--method", "gradient")
    said = said_by(capsys, *words, "--start", 2)
    assert "of the relevance is temporal: net, " in said
    assert "4 frames from frame 2" in said
    found = json.loads(said_by(capsys, *words, "--json"))
    # a linear network has the same gradient everywhere
    assert found["temporal_share"] == pytest.approx(0, abs=1e-6)
    assert len(found["spatial"]) == len(found["temporal"]) == found["frames"] == 4


def test_motion_use_of_values_tells_them_without_a_verdict(
    clip: Path, card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card.write_text(card.read_text() + 'unit = "bpm"\n')
    (card.parent / "labels.txt").write_text("heart rate\n")
    said = said_by(capsys, "motion-use", clip, "--model", card, "--all")
    assert "there is no verdict" in said
    assert "Explained: heart rate" in said
    assert said.count("bpm") == 4 * (4 + 1)
    assert "%" not in said
    found = json.loads(said_by(capsys, "motion-use", clip, "--model", card, "--json"))
    (window,) = found["windows"]
    assert (found["evidence"], window["evidence"], found["unit"]) == (None, None, "bpm")
    assert "probabilities" not in window
    assert window["values"].keys() == {"original", "frozen", "reversed"}
