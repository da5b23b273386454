"""Names that others chose, on the terminal: neither markup nor escape sequences."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from engine.descriptions import CardReport, Finding, ModelInfo
from engine.errors import ModelError
from engine.types import Progress
from inspector import terminal
from inspector.cli import main
from inspector.commands import models
from inspector.commands.check_model import report_text

HOSTILE = ("[/x]", "[bold]", "[link=http://x]y[/link]", ":warning:", "a\\", "\x1b[31m", "\x9b2J")
HARMFUL = ("\x1b", "\x9b", "\x07", "\u202e", "\r")


def info(**changes: Any) -> ModelInfo:
    values = {"name": "mine", "title": "t", "summary": "s", "bundled": True}
    return ModelInfo(**{**values, **changes})


@pytest.mark.parametrize("name", HOSTILE)
def test_models_lists_any_name(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {name: info(name=name, title=name, summary=name)}
    monkeypatch.setattr(models, "known_models", lambda: found)
    assert main(["models"]) == 0
    assert main(["models", name]) == 0
    printed = capsys.readouterr().out
    assert printed.count(terminal.printable(name)) == 6
    assert not any(sign in printed for sign in HARMFUL)


@pytest.mark.parametrize("name", HOSTILE)
def test_an_error_of_use_shows_any_word(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "a.mp4", "--out", "o", "--frames", name]) == 2
    assert main(["methods", "a", name]) == 2
    assert main(["--log-level", name]) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 6
    assert not any(sign in told for sign in HARMFUL)


@pytest.mark.parametrize("name", HOSTILE)
def test_an_error_names_any_file(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", str(tmp_path / f"{name}\n{name}.mp4")]) == 1
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 2
    assert terminal.printable(name).replace("//", "/") in told
    assert not any(sign in told for sign in HARMFUL)


def test_an_internal_error_shows_any_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise RuntimeError("[/x] \x1b]52;c;x\x07\u202e")

    monkeypatch.setattr(models, "known_models", fail)
    assert main(["models"]) == 1
    assert r"[/x] \x1b]52;c;x\x07\u202e" in capsys.readouterr().err


def test_a_hint_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ModelError("[/x]\nb", "c\n\x1bd")

    monkeypatch.setattr(models, "known_models", fail)
    assert main(["models"]) == 1
    assert capsys.readouterr().err.splitlines() == ["motion-inspector: [/x] b", r"Hint: c \x1bd"]


def test_findings_of_a_card_keep_to_their_lines() -> None:
    forged = Finding("labels", "fail", "card x\nPASS  all  fine")
    report = CardReport((forged,), np.empty((0, 1, 1, 3), np.uint8), (("walk\nPASS", 0.5),))
    assert len(report_text(report).splitlines()) == 3


def test_progress_shows_any_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=True, markup=False, emoji=False, width=80)
    monkeypatch.setattr(terminal, "ERRORS", console)
    with terminal.progress_bar() as bars:
        bars.report(Progress("[/x] \x1b]0;title\x07", 0, 2, seconds_left=3.0))
    assert drawn.getvalue().count(r"[/x] \x1b]0;title\x07") >= 2
    assert "\x1b]0" not in drawn.getvalue()


def test_progress_without_a_terminal_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times_s = iter((0.0, 1.0, 16.0, 16.0, 20.0))
    monkeypatch.setattr(terminal, "monotonic", lambda: next(times_s))
    with terminal.progress_bar() as lines:
        lines.report(Progress("Explaining", 0, 4))
        lines.report(Progress("Explaining", 1, 4, 240.0))
        lines.report(Progress("Explaining", 2, 4, 160.0))
    assert capsys.readouterr().err == "Explaining 25%, about 4 min 0 s left\n"


def test_facts_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_facts([("File", "[/x]\\\x1b[2J\n.mp4")])
    assert capsys.readouterr().out.rstrip() == r"File  [/x]\\x1b[2J\n.mp4"
