"""Commands under what a machine may refuse: full or missing folders, closed outputs, limits.

    python -m benchmarks.limits [--only NAME]

Each case is a process of its own with a small network of its own, in a temporary folder. It must
end with the expected code within a minute, in a sentence, without a traceback or "Internal
error". Prints a table, and ends with 1 where a case does not. Linux; about two minutes.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_MOST_S = 60
_ROOT = Path(__file__).parents[1]
_NETWORK = """
import torch
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.head = torch.nn.Conv3d(3, 4, 3), torch.nn.Linear(4, 2)
    def forward(self, clips):
        return self.head(self.conv(clips).relu().mean((2, 3, 4)))
def build():
    return Net()
"""
_CARD = """
network = "tiny.py:build"
labels = "labels.txt"
frames = 8
stride = 1
resize = 32
crop = 32
"""
_EXPLAIN = (
    "explain {video} --model {place}/tiny.toml --trust --frames 0:16 --evidence off "
    "--method gradient --out {place}/out"
)


@dataclass(frozen=True, slots=True)
class Case:
    """A command and what it meets.

    Attributes
    ----------
    command : str
        Its words; ``{video}`` and ``{place}`` are filled in.
    codes : tuple of int
        Exit codes that are right.
    said : str
        Part of what it must print to standard error or output.
    before, after : str
        Shell in front of the command, and behind it.
    environment : dict of str to str
        Variables set; "" removes one.
    """

    command: str
    codes: tuple[int, ...]
    said: str = ""
    before: str = ""
    after: str = ""
    environment: tuple[tuple[str, str], ...] = ()


CASES = {
    "output to a full disk": Case("methods", (1,), "No space left", after="> /dev/full"),
    "help to a full disk": Case("--help", (1,), "No space left", after="> /dev/full"),
    "version to a full disk": Case("--version", (1,), "No space left", after="> /dev/full"),
    "output closed": Case("methods", (0, 1), after=">&-"),
    "errors closed": Case("explain none.mp4 --out o", (1,), after="2>&-"),
    "errors to a full disk": Case("explain none.mp4 --out o", (1,), after="2> /dev/full"),
    "input closed": Case("models", (0,), after="<&-"),
    "reader leaves": Case("methods", (0, 1), after="| true"),
    "TMPDIR missing": Case(_EXPLAIN, (0,), environment=(("TMPDIR", "/nowhere"),)),
    "HOME unset": Case(_EXPLAIN, (0, 1), environment=(("HOME", ""),)),
    "HOME missing": Case(
        _EXPLAIN, (1,), "trusted.json cannot be written", environment=(("HOME", "/proc/none"),)
    ),
    "settings are a file": Case(
        _EXPLAIN, (1,), "cannot be written", environment=(("XDG_CONFIG_HOME", "{place}/a-file"),)
    ),
    "states are a file": Case(_EXPLAIN, (0,), environment=(("XDG_STATE_HOME", "{place}/a-file"),)),
    "cache is a file": Case(_EXPLAIN, (0,), environment=(("XDG_CACHE_HOME", "{place}/a-file"),)),
    "results into a file": Case(_EXPLAIN.replace("/out", "/a-file/out"), (1, 2), "a-file"),
    "files of 20 kB": Case(_EXPLAIN, (1,), "cannot be written", before="ulimit -f 20;"),
    "32 open files": Case(_EXPLAIN, (0,), before="ulimit -n 32;"),
    "12 open files": Case(_EXPLAIN, (0, 1), before="ulimit -n 12;"),
    "4 GB of addresses": Case(
        _EXPLAIN, (0, 1), "address space is limited", before="ulimit -v 4194304;"
    ),
    "2 GB of addresses": Case(_EXPLAIN, (1,), "not enough memory", before="ulimit -v 2000000;"),
}


def tried(case: Case, place: Path) -> tuple[int, str, float]:
    """Return the exit code of a case, what it printed, and its seconds.

    Parameters
    ----------
    case : Case
    place : Path
        An empty folder.
    """
    _prepare(place)
    names = {"video": str(_ROOT / "resources" / "demo.mp4"), "place": str(place)}
    words = shlex.join([sys.executable, "-m", "inspector"])
    tail = case.command.format(**names)
    script = f"set -o pipefail; {case.before} {words} {tail} {case.after}"
    own = {"HOME": str(place / "home"), "TMPDIR": str(place / "tmp"), "PYTHONPATH": str(_ROOT)}
    given = {name: value.format(**names) for name, value in case.environment}
    environment = {**os.environ, **own, **given}
    environment = {name: value for name, value in environment.items() if value}
    began_s = time.monotonic()
    try:
        made = subprocess.run(
            ["bash", "-c", script],
            env=environment,
            cwd=place,
            capture_output=True,
            text=True,
            timeout=_MOST_S,
        )
    except subprocess.TimeoutExpired:
        return -1, f"no end within {_MOST_S} s", _MOST_S
    return made.returncode, made.stdout + made.stderr, time.monotonic() - began_s


def fault(case: Case, code: int, text: str) -> str:
    """Return what is wrong with an ending, "" for nothing."""
    if "Traceback" in text or "Internal error" in text:
        return text.strip().splitlines()[-1]
    if code not in case.codes:
        return f"code {code}: {text.strip()[-200:]}"
    return "" if case.said in text else f"said: {text.strip()[-200:]}"


def _prepare(place: Path) -> None:
    for name in ("home", "tmp"):
        (place / name).mkdir()
    for name, text in {"tiny.py": _NETWORK, "tiny.toml": _CARD, "labels.txt": "a\nb\n"}.items():
        (place / name).write_text(text)
    (place / "a-file").touch()


def main() -> int:
    """Try all cases, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=CASES)
    only = parser.parse_args().only
    wrong = 0
    for name in [only] if only else CASES:
        with tempfile.TemporaryDirectory() as place:
            code, text, took_s = tried(CASES[name], Path(place))
        found = fault(CASES[name], code, text)
        wrong += bool(found)
        print(f"{name:24}{code:4}{took_s:7.1f} s  {found or 'as it should be'}", flush=True)
    print(f"{wrong} of {1 if only else len(CASES)} cases are not as they should be")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
