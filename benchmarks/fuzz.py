"""Spoiled files of every kind, read in worker processes: refused in a sentence, or read, always.

    python -m benchmarks.fuzz --cases 20000 [--kind card,session] [--seed 0] [--resume]

Each case makes a valid file, spoils it, and reads it as the program does: within 5 s and 1 GB,
without another process, code of the file, or a change outside its folder. It ends in an
`EngineError` with a sentence and a hint, or in a value. What else happens is a finding, printed
once a cause with the command that shows it again. Linux.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import multiprocessing.connection
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.hostile.guard import MOST_S, Guard, Outcome

KINDS = ("card", "session", "analysis", "checkpoint", "annotations", "labels", "prior")
_CHECK_EVERY = 500
_PATIENCE_S = 6 * MOST_S
"""After which a worker that the alarm cannot stop is killed."""
_RAN = Path("/tmp/motion-inspector-fuzz-ran")
"""What the code in hostile pickles would make."""


@dataclass
class Tally:
    """What was found so far."""

    done: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    faults: dict[str, list[Any]] = field(default_factory=dict)
    slowest: tuple[float, str] = (0.0, "")
    largest_mb: tuple[float, str] = (0.0, "")

    def add(self, kind: str, number: int, outcome: dict[str, Any]) -> None:
        """Count the outcome of a case."""
        self.done += 1
        self.kinds[kind] += 1
        self.refused[kind] += bool(outcome["refused"])
        name = f"{kind} {number}"
        self.slowest = max(tuple(self.slowest), (outcome["seconds"], name))
        self.largest_mb = max(tuple(self.largest_mb), (outcome["peak_mb"], name))
        if outcome["fault"]:
            found = self.faults.setdefault(
                f"{kind}: {outcome['fault']}", [0, number, outcome["text"]]
            )
            found[0] += 1


def run_case(guard: Guard, home: Path, kind: str, seed: int, number: int) -> dict[str, Any]:
    """Make one spoiled file in a folder of its own, read it, and return the outcome."""
    from benchmarks.hostile.reading import KINDS as TABLE

    folder = home / "case"
    folder.mkdir()
    try:
        path = TABLE[kind].make(folder, Random(f"{seed}/{kind}/{number}"))
        return asdict(guard.run(TABLE[kind].read, path))
    except Exception as error:  # noqa: BLE001 - of the harness, which goes on
        return _lost(f"the case cannot be made: {type(error).__name__}", repr(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lost(fault: str, text: str = "", seconds: float = 0.0) -> dict[str, Any]:
    return asdict(Outcome(fault, refused=False, text=text, seconds=seconds, peak_mb=0.0))


def _work(connection: Connection, home: Path, seed: int) -> None:
    """Answer cases until there are none. Never returns to the harness's own files."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "TMPDIR"):
        os.environ[name] = str(home)
    tempfile.tempdir = str(home)
    import torch

    torch.set_num_threads(1)
    import benchmarks.hostile.reading as reading

    for name in KINDS:  # what is imported or cached on first use is not the file's doing
        for number in range(8):
            _warm(reading.KINDS[name], home, number)
    guard = Guard(home)
    while (case := connection.recv()) is not None:
        connection.send(run_case(guard, home, case[0], seed, case[1]))


def _warm(kind: Any, home: Path, number: int) -> None:
    folder = home / "warm"
    folder.mkdir()
    try:
        path = kind.make(folder, Random(number))
        if path.is_file() or path.is_dir():
            kind.read(path)
    except Exception:  # noqa: BLE001 - told when it is a case
        pass
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Worker:
    """A process that reads, started again after it was killed."""

    def __init__(self, home: Path, seed: int) -> None:
        self._home, self._seed = home, seed
        self._start()

    def send(self, kind: str, number: int) -> None:
        """Begin a case."""
        self.case = kind, number
        self.began = time.monotonic()
        self.pipe.send(self.case)

    def outcome(self) -> dict[str, Any] | None:
        """Return the outcome of the case, None while it goes on."""
        try:
            if self.pipe.poll():
                found: dict[str, Any] = self.pipe.recv()
                return found
        except EOFError:
            self._process.join()
            return self._lost(f"the process died with {self._process.exitcode}")
        if time.monotonic() - self.began > _PATIENCE_S:
            self._process.kill()
            self._process.join()
            return self._lost("stuck, deaf to the alarm")
        return None

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()

    def _lost(self, fault: str) -> dict[str, Any]:
        self._start()
        return _lost(fault, seconds=time.monotonic() - self.began)

    def _start(self) -> None:
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir(parents=True)
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        arguments = (theirs, self._home, self._seed)
        self._process = context.Process(target=_work, args=arguments, daemon=True)
        self._process.start()
        theirs.close()


class Canary:
    """A folder of files beside the cases that must stay as they are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for number in range(50):
            path = folder / str(number % 5) / f"{number}.bin"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(Random(number).randbytes(1000))
        self._before = self._hash()

    def fault(self) -> str:
        """Return what was changed, nothing where all is as it was."""
        if _RAN.exists():
            return f"code of a file ran: {_RAN}"
        return "" if self._hash() == self._before else f"a file in {self._folder} was changed"

    def _hash(self) -> str:
        found = hashlib.sha256()
        for path in sorted(self._folder.rglob("*")):
            found.update(str(path).encode())
            found.update(path.read_bytes() if path.is_file() else b"")
        return found.hexdigest()


def run(kinds: list[str], cases: range, seed: int, tally: Tally, state: Path | None) -> Tally:
    """Run cases, in turn of each kind, and return what was found."""
    _RAN.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="motion-inspector-fuzz-") as folder:
        canary = Canary(Path(folder, "canary"))
        workers = [Worker(Path(folder, f"home{i}"), seed) for i in range(min(2, len(cases)))]
        ahead = iter(cases)
        busy = [worker for worker in workers if _next(worker, kinds, ahead)]
        while busy:
            multiprocessing.connection.wait([worker.pipe for worker in busy], timeout=0.5)
            for worker in list(busy):
                outcome = worker.outcome()
                if outcome is None:
                    continue
                tally.add(*worker.case, outcome)
                if tally.done % _CHECK_EVERY == 0:
                    _keep(tally, canary, state)
                if not _next(worker, kinds, ahead):
                    busy.remove(worker)
        _keep(tally, canary, state)
        for worker in workers:
            worker.stop()
    return tally


def _next(worker: Worker, kinds: list[str], ahead: Any) -> bool:
    number = next(ahead, None)
    if number is not None:
        worker.send(kinds[number % len(kinds)], number // len(kinds))
    return number is not None


def _keep(tally: Tally, canary: Canary, state: Path | None) -> None:
    fault = canary.fault()
    if fault:
        tally.faults[fault] = [1, -1, f"among the {_CHECK_EVERY} cases before {tally.done}"]
    if state is not None:
        state.write_text(json.dumps(vars(tally)))
        print(f"{tally.done} cases, {len(tally.faults)} kinds of faults", flush=True)


def _one(kind: str, number: int, seed: int) -> int:
    """Run one case here, and print all of its outcome."""
    import benchmarks.hostile.reading  # noqa: F401 - before the memory is limited

    with tempfile.TemporaryDirectory() as home:
        outcome = run_case(Guard(Path(home)), Path(home), kind, seed, number)
    print(json.dumps(outcome, indent=1))
    print(outcome["text"])
    return int(bool(outcome["fault"]))


def _print(tally: Tally, seed: int, seconds: float) -> None:
    for kind, count in sorted(tally.kinds.items()):
        print(f"{kind:12} {count:6} cases, {tally.refused[kind]:6} refused")
    print(f"slowest {tally.slowest[0]:.2f} s ({tally.slowest[1]}), ", end="")
    print(f"most memory {tally.largest_mb[0]:.0f} MB ({tally.largest_mb[1]})")
    for fault, (count, number, text) in sorted(tally.faults.items(), key=lambda f: -f[1][0]):
        kind = fault.partition(":")[0]
        last = text.strip().splitlines()[-1:] or [""]
        print(f"{count:5} x {fault}\n        {last[0][:200]}")
        print(f"        python -m benchmarks.fuzz --kind {kind} --seed {seed} --only {number}")
    print(
        f"{tally.done} cases in {seconds:.0f} s: {sum(f[0] for f in tally.faults.values())} faults"
    )


def main() -> int:
    """Run the cases and print what was found; 1 if something was."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--kind", default=",".join(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="One case of the kind, here.")
    parser.add_argument("--resume", action="store_true", help="Go on where the last run ended.")
    options = parser.parse_args()
    kinds = options.kind.split(",")
    if options.only is not None:
        return _one(kinds[0], options.only, options.seed)
    state = Path(tempfile.gettempdir(), f"motion-inspector-fuzz-{options.seed}-{options.kind}.json")
    tally = Tally()
    if options.resume and state.exists():
        tally = Tally(**json.loads(state.read_text()))
        tally.kinds, tally.refused = Counter(tally.kinds), Counter(tally.refused)
    began = time.perf_counter()
    run(kinds, range(tally.done, options.cases), options.seed, tally, state)
    _print(tally, options.seed, time.perf_counter() - began)
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
