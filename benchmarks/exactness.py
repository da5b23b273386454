"""Comparison of libraries: the right frames of awkward files, each read in a child.

A library that crashes or stalls gets that as its entry.
"""

from __future__ import annotations

import collections
import sys

from benchmarks.readers import available
from tests.engine.video.awkward import FILES, written
from tests.engine.video.awkward_file import MissingToolError
from tests.engine.video.child import Child, say
from tests.engine.video.judging import judge

LIMIT_S = 30.0
"""Seconds that one library may take for one file, read three times."""


def main() -> None:
    """Print one row a file, then the counts."""
    readers = available()
    names = [name for name, reader in readers.items() if reader is not None]
    for name in readers:
        if name not in names:
            print(f"{name}: not installed")
    print("\n" + " | ".join(["file".ljust(30), *names]))
    verdicts = {name: _verdicts(name) for name in names}
    for file in FILES:
        if all(file in verdicts[name] for name in names):
            print(" | ".join([file.ljust(30), *(verdicts[name][file] for name in names)]))
    for name in names:
        print(f"{name:14} {_counts(verdicts[name])}")


def _counts(verdicts: dict[str, str]) -> str:
    """Return counts by kind, of which a damaged file may also be refused."""
    counts = collections.Counter(verdict.split()[0].strip(":") for verdict in verdicts.values())
    refused_well = sum(
        verdict == "refused" and FILES[file].right == "damaged"
        for file, verdict in verdicts.items()
    )
    summary = ", ".join(f"{kind} {count}" for kind, count in counts.most_common())
    return f"{summary}, of {len(verdicts)} ({refused_well} of the refused are damaged files)"


def _verdicts(library: str) -> dict[str, str]:
    verdicts: dict[str, str] = {}
    waiting = collections.deque(_makeable())
    while waiting:
        child = Child([__name__, library])
        try:
            while waiting and child.alive and child.ready:
                file = waiting.popleft()
                verdicts[file] = child.ask(file, LIMIT_S)[:60]
        finally:
            child.end()
        if not child.ready:
            print(f"{library} does not start")
            return dict.fromkeys(_makeable(), "does not start")
    return verdicts


def _makeable() -> list[str]:
    names = []
    for name, file in FILES.items():
        try:
            written(file)
        except MissingToolError as error:
            print(f"{name} left out: {error}")
        else:
            names.append(name)
    return names


def _serve(library: str) -> None:
    """Judge the library on every named file, as a child process."""
    reader = available()[library]
    assert reader is not None
    say("ready")
    for line in sys.stdin:
        try:
            verdict = judge(FILES[line.strip()], reader)
        except Exception as error:  # noqa: BLE001 - whatever a library raises
            verdict = f"error: {type(error).__name__}: {error}"
        say(verdict)


if __name__ == "__main__":
    _serve(sys.argv[1])
