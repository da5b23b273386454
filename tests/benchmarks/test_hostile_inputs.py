"""A small share of the hostile inputs; `python -m benchmarks.hostile_inputs` runs them all."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import hostile_inputs
from benchmarks.hostile.inputs import HostileInput, Valid
from tests.clips import moving_square, write_clip

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pipes, /proc and odd names")
SHARE = (", probe", ", probe --verify", ", layers", ", flow", ", read", ", models")


@pytest.fixture
def valid(tmp_path: Path) -> Valid:
    return Valid(write_clip(tmp_path / "walk.mp4", moving_square(8)), tmp_path / "none")


def test_table_holds_300_inputs_of_every_kind(valid: Valid) -> None:
    table = hostile_inputs.hostile_inputs(valid)
    kinds = Counter(case.kind for case in table)
    assert len(table) >= 300
    assert kinds.keys() > {"video", "name", "card", "checkpoint", "labels", "session", "analysis"}
    assert len({(case.kind, case.name) for case in table}) == len(table)


def test_hostile_inputs_are_refused_or_work(valid: Valid, tmp_path: Path) -> None:
    table = hostile_inputs.hostile_inputs(valid)
    share = [one for one in table if one.kind != "results" and one.name.endswith(SHARE)]
    for case in share[::12]:
        ended = hostile_inputs.tried(case, valid.video, tmp_path / "case")
        assert not ended.faults, (case, ended)


def _with(command: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> HostileInput:
    monkeypatch.setattr(hostile_inputs, "_called", lambda words: command())
    return HostileInput("kind", "name", lambda folder: [])


def _change() -> int:
    Path("walk.mp4").write_bytes(b"")
    return 0


def _print(text: str, code: int) -> Callable[[], int]:
    return lambda: sys.stdout.write(text + "\n") and code


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (_print("fine", 0), ""),
        (_print("bad\nHint: Choose another.", 1), ""),
        (_print("bad", 1), "no hint"),
        (_print("fine", 3), "exit code 3"),
        (_print("Internal error: a\nHint: Report it.", 1), "Internal error"),
        (_print("\x1b[31m", 0), r"'\x1b' is printed"),
        (_change, "walk.mp4 was changed"),
        (lambda: {}["a"], "exit code -1"),
        (lambda: time.sleep(9), "exit code -1"),
    ],
)
def test_what_a_command_does_is_told(
    command: Callable[[], int],
    fault: str,
    valid: Valid,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hostile_inputs, "_MOST_S", 0.2)
    case = _with(command, monkeypatch)
    assert hostile_inputs.tried(case, valid.video, tmp_path / "case").faults[:1] == (
        (fault,) if fault else ()
    )
