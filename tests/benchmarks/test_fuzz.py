"""A small share of the fuzz harness; `python -m benchmarks.fuzz --cases 20000` is the whole."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import fuzz
from engine.errors import EngineError

PROGRAM = """
import sys
from pathlib import Path
from benchmarks.hostile.guard import Guard
from tests.benchmarks.test_fuzz import ACTS
guard = Guard(Path(sys.argv[1]))
for name, act in ACTS.items():
    outcome = guard.run(act, Path(sys.argv[1], "file"))
    print(name, outcome.refused, outcome.fault)
"""


def _refuse(path: Path) -> None:
    raise EngineError(f"{path} is bad.", "Choose another.")


def _mute(_: Path) -> None:
    raise EngineError("It is bad.")


def _fill(_: Path) -> Any:
    return bytearray(2**31)


ACTS = {
    "reads": lambda path: path.exists(),
    "refuses": _refuse,
    "mute": _mute,
    "fails": lambda _: {}["a"],
    "writes-inside": lambda path: path.write_text("a"),
    "writes-outside": lambda path: Path("/tmp/motion-inspector-test-fuzz").open("a").close(),
    "starts": lambda _: os.system("true"),
    "runs": lambda _: exec("1"),
    "fills": _fill,
    "exits": lambda _: sys.exit(0),
}
EXPECTED = {
    "reads": "False ",
    "refuses": "True ",
    "mute": "True no sentence or no hint",
    "fails": "False KeyError",
    "writes-inside": "False ",
    "writes-outside": "False it did what it may not: open outside",
    "starts": "False it did what it may not: os.system",
    "runs": "False it did what it may not: exec",
    "fills": "False MemoryError",
    "exits": "False SystemExit",
}


@pytest.mark.skipif(sys.platform != "linux", reason="the guard reads /proc")
def test_guard_tells_what_a_reading_does(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert run.returncode == 0, run.stderr
    told = dict(line.split(" ", 1) for line in run.stdout.splitlines())
    assert told.keys() == EXPECTED.keys()
    for name, begin in EXPECTED.items():
        assert told[name].startswith(begin), (name, told[name])
        assert told[name] == begin or len(begin) > 6


def test_tally_keeps_a_reproducer_of_each_fault() -> None:
    tally = fuzz.Tally()
    for number, fault in enumerate(("", "KeyError in a", "KeyError in a")):
        tally.add("card", number, fuzz._lost(fault, "text", 0.1 * number))
    assert tally.faults == {"card: KeyError in a": [2, 1, "text"]}
    assert tally.slowest == (0.2, "card 2")


@pytest.mark.skipif(sys.platform != "linux", reason="the guard reads /proc")
def test_hostile_files_are_refused_or_read(tmp_path: Path) -> None:
    began = time.monotonic()
    tally = fuzz.run(list(fuzz.KINDS), range(175), 1, fuzz.Tally(), None)
    assert not tally.faults
    assert tally.done == 175
    assert 0 < tally.refused.total() < 175
    assert time.monotonic() - began < 60
