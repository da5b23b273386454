"""The page on model cards does what it says: its own files and commands are run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.models.cards.card_schema import CARD_KEYS, EXPECTED_KEYS, INPUT_KEYS
from inspector.cli import main
from tests.clips import moving_square, write_clip
from tests.engine.networks import warmed_up

PAGE = (Path(__file__).parents[3] / "docs" / "model-card.md").read_text(encoding="utf-8")
CLASSES = 51


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What the reader of the page has: fine-tuned weights, labels and a video."""
    monkeypatch.chdir(tmp_path)
    state = warmed_up("r3d_18", classes=CLASSES).state_dict()
    wrapped = {f"module.{name}": tensor for name, tensor in state.items()}
    torch.save({"epoch": 30, "state_dict": wrapped}, tmp_path / "gestures.pth")
    names = "".join(f"gesture {index}\n" for index in range(CLASSES))
    (tmp_path / "labels.txt").write_text(names)
    write_clip(tmp_path / "my_clip.mp4", moving_square(20))
    for name, _, content in files_of_page():
        (tmp_path / name).write_text(smaller(content))
    return tmp_path


def smaller(content: str) -> str:
    """A card with pictures of a quarter, which are soon explained."""
    return content.replace("[128, 171]", "[64, 86]").replace("[112, 112]", "[56, 56]")


def files_of_page() -> list[tuple[str, str, str]]:
    return re.findall(r"`([\w.]+)`:\n\n```(toml|python)\n(.*?)```", PAGE, re.DOTALL)


def commands_of_page() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_page_has_a_card_of_nine_lines() -> None:
    name, _, card = files_of_page()[0]
    assert name == "gestures.toml"
    assert len(card.splitlines()) == 9


@pytest.mark.slow
def test_page_does_what_it_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands = commands_of_page()
    assert len(commands) == 3
    for command in commands:
        program, *words = shlex.split(command)
        assert program == "motion-inspector"
        assert main(words) == 0, capsys.readouterr()
    printed = capsys.readouterr().out
    assert "51 outputs, 51 labels" in printed
    assert (folder / "results" / "annotated.mp4").stat().st_size > 0
    assert "Gestures" in (folder / "results" / "analysis.json").read_text()


def test_page_describes_every_key() -> None:
    for key in (*CARD_KEYS.values(), *EXPECTED_KEYS.values(), *INPUT_KEYS.values()):
        assert f"| `{key.name}` | {key.text} | {key.needed} |" in PAGE
