"""Works killed (SIGKILL) at random moments: each file and folder is the old or the new one.

Run ``python -m benchmarks.kills --rounds 200``. The moments are spread over the time that the work
takes, and a little beyond. After each, files of the user's beside and inside must be as they
were, and the next start must leave nothing hidden.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import multiprocessing
import os
import random
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.kill_works import HIDDEN, WORKS, Work, inputs

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["benchmarks.kill_works", "engine.pipeline", "engine.bias"])
_SPREAD = 1.5  # of the time that it takes: it takes longer now and then
_MINE = "my notes.txt"


@dataclass(slots=True)
class Outcome:
    """Rounds of one work by what was found after the kill."""

    old: int = 0
    new: int = 0
    between: int = 0
    leftovers: int = 0
    wrong: list[str] = field(default_factory=list)


def kill_rounds(what: str, rounds: int, given: Path, place: Path, seed: int = 0) -> Outcome:
    """Kill a work that many times.

    Parameters
    ----------
    what : str
        A key of `WORKS`.
    rounds : int
    given : Path
        Folder of `inputs`.
    place : Path
        Where to write.
    seed : int
        Of the moments.

    Returns
    -------
    Outcome
    """
    work, chance, outcome = WORKS[what], random.Random(seed), Outcome()
    start = place / "start"
    _prepared(work, given, start)
    old = _snapshot(work, start)
    folder = place / "folder"
    shutil.copytree(start, folder, symlinks=True)
    _run(what, given, folder, None)  # the first waits for imports
    took_s = min(_run(what, given, folder, None) for _ in range(2))
    new = _snapshot(work, folder)
    for number in range(rounds):
        shutil.rmtree(folder)
        shutil.copytree(start, folder, symlinks=True)
        _run(what, given, folder, chance.uniform(0, _SPREAD) * took_s)
        wrong = _judged(work, folder, old, new, outcome)
        hidden = _strangers(folder)
        outcome.leftovers += bool(hidden)
        work.tidy(given, folder)
        left = _strangers(folder)
        wrong += [f"{name} is left" for name in left]
        outcome.wrong += [f"{what}, round {number}: {text}" for text in wrong]
    return outcome


def _prepared(work: Work, given: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / _MINE).write_text("mine")
    work.begin(given, folder)
    if (folder / "out").is_dir():
        (folder / "out" / _MINE).write_text("mine")


def _run(what: str, given: Path, folder: Path, after_s: float | None) -> float:
    process = _CONTEXT.Process(target=_work, args=(what, given, folder))
    began = time.monotonic()
    process.start()
    process.join(after_s)
    process.kill()
    process.join()
    return time.monotonic() - began


def _work(what: str, given: Path, folder: Path) -> None:
    with (
        open(os.devnull, "w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        WORKS[what].run(given, folder, "2")


def _judged(
    work: Work, folder: Path, old: dict[str, str], new: dict[str, str], outcome: Outcome
) -> list[str]:
    found = _snapshot(work, folder)
    torn = [name for name in found if found[name] not in (old[name], new[name])]
    wrong = [f"{name} is neither old nor new" for name in torn]
    for path in (folder / _MINE, folder / "out" / _MINE):
        if path.parent.exists() and (not path.is_file() or path.read_text() != "mine"):
            wrong.append(f"{path.relative_to(folder)} is changed")
    if found == old:
        outcome.old += 1
    elif found == new:
        outcome.new += 1
    else:
        outcome.between += 1
    return wrong


def _snapshot(work: Work, folder: Path) -> dict[str, str]:
    """Return a hash of the content of each unit, "" for one that is not there."""
    return {name: _hash(folder / name) for name in work.units(folder)}


def _hash(path: Path) -> str:
    if not path.exists():
        return ""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    total = hashlib.sha256()
    for file in files:
        if file.is_file() and file.name not in ("unfinished.json", *HIDDEN):
            if file.parent.name.startswith(".motion-inspector-"):
                continue
            total.update(f"{file.relative_to(path)}".encode())
            total.update(file.read_bytes())
    return total.hexdigest()


def _strangers(folder: Path) -> list[str]:
    found = folder.rglob("*")
    endings = (".part", ".trash", ".use")
    return [
        path.name
        for path in found
        if path.name not in HIDDEN and (path.name[0] == "." or path.name.endswith(endings))
    ]


def main() -> None:
    """Print what was found after the kills of each work."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=200, help="in all")
    parser.add_argument("--what", default=",".join(WORKS))
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    works = options.what.split(",")
    failed = []
    with tempfile.TemporaryDirectory() as home, inputs(Path(home) / "inputs") as given:
        for what in works:
            rounds = -(-options.rounds // len(works))
            outcome = kill_rounds(what, rounds, given, Path(home) / what, options.seed)
            print(
                f"{what}: {rounds} rounds, old {outcome.old}, new {outcome.new}, some files new "
                f"{outcome.between}, leftovers after {outcome.leftovers}, "
                f"wrong {len(outcome.wrong)}",
                flush=True,
            )
            failed += outcome.wrong
    print("\n".join(failed))
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
