"""Hostile inputs of every kind through the real commands: each is refused in words, or works.

    python -m benchmarks.hostile_inputs [--kind video,name] [--only TEXT] [--show]

Each of the table in `benchmarks.hostile.inputs` is made in a folder of its own and given to the
command line in a worker process. A finding is an internal error, a traceback, another exit code
than the documented ones, an error without a hint, a sign that terminals obey, an input that was
changed, a hang, or a death. Linux.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import logging
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.hostile.guard import limit_memory
from benchmarks.hostile.inputs import HostileInput, Valid, hostile_inputs
from engine.utils.written_files import LIST_NAME

_MOST_S = 20.0
_MOST_BYTES = 4 * 2**30
_OBEYED = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PLACES = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of one command: its findings, exit code, what it printed, and how long it took."""

    faults: tuple[str, ...]
    code: int
    printed: str
    seconds: float


class _SlowError(BaseException):
    pass


def tried(case: HostileInput, video: Path, folder: Path) -> Ended:
    """Run one command in this process, in a folder that is made for it and removed."""
    folder.mkdir()
    before = Path.cwd()
    try:
        shutil.copy(video, folder / "walk.mp4")
        os.chdir(folder)
        words = case.make(folder)
        given = _contents(folder)
        began = time.perf_counter()
        code, printed = _printed(lambda: _called(words))
        seconds = time.perf_counter() - began
        return Ended(tuple(_faults(code, printed, given)), code, printed, seconds)
    finally:
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)


def _called(words: list[str]) -> int:
    """Return the exit code of the command line, or of a reading as it would end there."""
    from engine.errors import EngineError
    from inspector.cli import main
    from inspector.terminal import print_error

    if words[0] != "read":
        return main(words)
    from benchmarks.hostile.reading import KINDS

    try:
        KINDS[words[1]].read(Path(words[2]))
    except EngineError as error:
        print_error(str(error), error.hint)
        return 1
    return 0


def _printed(call: Callable[[], int]) -> tuple[int, str]:
    """Return the exit code and all that is printed, by libraries of C too; -1 after a hang."""
    with tempfile.TemporaryFile() as file, _into(file.fileno()):
        signal.signal(signal.SIGALRM, _too_slow)
        signal.setitimer(signal.ITIMER_REAL, _MOST_S)
        try:
            code = call()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a finding
            code = -1
            print(f"Traceback: {error!r}")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            sys.stdout.flush()
        file.seek(0)
        return code, file.read().decode(errors="surrogateescape")


@contextlib.contextmanager
def _into(target: int) -> Iterator[None]:
    kept = [os.dup(1), os.dup(2)]
    for number in (1, 2):
        os.dup2(target, number)
    stream = open(os.dup(target), "w", buffering=1, encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
    try:
        with stream, contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
            yield
    finally:
        for number, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, number)
            os.close(copy)
        for handler in list(logging.getLogger().handlers):  # of the stream that is closed
            if getattr(handler, "stream", None) is stream:
                logging.getLogger().removeHandler(handler)


def _faults(code: int, printed: str, given: dict[Path, str]) -> Iterator[str]:
    if code not in (0, 1, 2):
        yield f"exit code {code}"
    if code in (1, 2) and not re.search(r"^(Hint: |FAIL  )\S", printed, re.MULTILINE):
        yield "no hint"
    for words in ("Internal error", "Traceback"):
        if words in printed:
            yield words
    for sign in set(_OBEYED.findall(printed)):
        yield f"{sign!r} is printed"
    for path, content in given.items():
        if _content(path) != content:
            yield f"{path.name} was changed"


def _contents(folder: Path) -> dict[Path, str]:
    paths = (path for path in folder.rglob("*") if path.name != LIST_NAME)  # lists results
    return {path: _content(path) for path in paths}


def _content(path: Path) -> str:
    if path.is_symlink():
        return f"to {os.readlink(path)}"
    if path.is_file() and path.stat().st_size < 2**26:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return "other" if path.exists() else "gone"


def _too_slow(*_: object) -> None:
    raise _SlowError


def valid_inputs(home: Path) -> Valid:
    """Write the video that is spoiled, and explain it."""
    from inspector.cli import main
    from tests.clips import moving_square, write_clip

    video = write_clip(home / "walk.mp4", moving_square(32))
    words = ["explain", str(video), "--out", str(home / "results"), "--evidence", "off"]
    code, printed = _printed(lambda: main([*words, "--device", "cpu"]))
    if code:
        raise RuntimeError(printed)
    return Valid(video, home / "results")


def _work(pipe: Connection, home: Path, valid: Valid) -> None:
    """Answer the numbers of cases until killed."""
    os.environ |= dict.fromkeys(_PLACES, str(home)) | {"MOTION_INSPECTOR_CACHE": f"{home}/cache"}
    tempfile.tempdir = str(home)
    import torch

    import benchmarks.hostile.reading  # noqa: F401 - before the memory is limited

    torch.set_num_threads(1)
    table = hostile_inputs(valid)
    limit_memory(_MOST_BYTES)
    while True:
        pipe.send(tried(table[pipe.recv()], valid.video, home / "case"))


class _Worker:
    """A process that runs cases, started again after one that it did not survive."""

    def __init__(self, home: Path, valid: Valid) -> None:
        self._home, self._valid = home, valid
        self._start()

    def run(self, number: int) -> Ended:
        """Return the end of a case."""
        began = time.perf_counter()
        self._pipe.send(number)
        try:
            if self._pipe.poll(3 * _MOST_S):
                ended: Ended = self._pipe.recv()
                return ended
            fault = "hang that no alarm stops"
        except EOFError:
            fault = "death of the process"
        self.stop()
        self._start()
        return Ended((fault,), -1, "", time.perf_counter() - began)

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()

    def _start(self) -> None:
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir()
        context: Any = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        arguments = (theirs, self._home, self._valid)
        self._process = context.Process(target=_work, args=arguments, daemon=True)
        self._process.start()
        theirs.close()


def run(
    wanted: Callable[[HostileInput], bool], told: Callable[[HostileInput, Ended], None]
) -> list[tuple[HostileInput, Ended]]:
    """Run the wanted part of the table, tell each end as it comes, and return all."""
    found = []
    with tempfile.TemporaryDirectory(prefix="motion-inspector-hostile-") as folder:
        valid = valid_inputs(Path(folder))
        worker = _Worker(Path(folder, "home"), valid)
        for number, case in enumerate(hostile_inputs(valid)):
            if wanted(case):
                ended = worker.run(number)
                found.append((case, ended))
                told(case, ended)
        worker.stop()
    return found


def _print(found: Sequence[tuple[HostileInput, Ended]]) -> None:
    kinds = Counter(case.kind for case, _ in found)
    refused = Counter(case.kind for case, ended in found if ended.code in (1, 2))
    for kind, count in kinds.items():
        print(f"{kind:12} {count:4} inputs, {refused[kind]:4} refused")
    slowest = max(found, key=lambda one: one[1].seconds)
    print(f"slowest {slowest[1].seconds:.1f} s ({slowest[0].kind}: {slowest[0].name})")
    faults = sum(bool(ended.faults) for _, ended in found)
    print(f"{len(found)} inputs: {faults} with findings")


def main() -> int:
    """Run the table and print what was found; 1 if something was."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kind", default="", help="Some of the kinds, with commas between.")
    parser.add_argument("--only", default="", help="Those with this in their name.")
    parser.add_argument("--show", action="store_true", help="Print what each command printed.")
    options = parser.parse_args()
    kinds = set(filter(None, options.kind.split(",")))

    def told(case: HostileInput, ended: Ended) -> None:
        if ended.faults or options.show:
            name = f"{case.kind}: {case.name.encode('unicode_escape').decode()}"
            print(f"{name}: exit {ended.code}, {ended.seconds:.1f} s, {', '.join(ended.faults)}")
            print("    " + repr(ended.printed[-600:]), flush=True)

    found = run(lambda case: (not kinds or case.kind in kinds) and options.only in case.name, told)
    _print(found)
    return int(any(ended.faults for _, ended in found))


if __name__ == "__main__":
    sys.exit(main())
