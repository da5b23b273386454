"""The plan of a study: its rows in a file, read row by row where there are a million."""

from __future__ import annotations

import mmap
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import overload

import numpy as np

from engine.errors import EngineError, os_errors
from engine.study.rows import Row, keyed, to_line
from engine.utils.atomic import atomic_file
from engine.utils.bounded_files import open_regular
from engine.utils.schema import convert, parse_json

_BEGIN = len('{"key": "')
_DIGITS = 32
_HINT = "Run the study again: its plan is made anew."


def write_plan(path: Path, rows: Iterable[Row]) -> int:
    """Write the rows of a study and return how many they are."""
    return write_keyed(path, keyed(rows))


def write_keyed(path: Path, rows: Iterable[tuple[str, Row]]) -> int:
    """Write rows that have their keys, and return how many they are."""
    count = 0
    with atomic_file(path) as partial, partial.open("w", encoding="ascii", newline="\n") as file:
        for key, row in rows:
            file.write(f"{to_line(key, row)}\n")
            count += 1
    return count


class Plan(Sequence[Row]):
    """Rows in the order of the source, as the plan has them.

    Raises
    ------
    EngineError
        If there is none, or it is torn.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with os_errors(EngineError, f"{path} cannot be read", _HINT), open_regular(path) as file:
            empty = path.stat().st_size == 0
            self._raw = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        ends = np.flatnonzero(np.frombuffer(self._raw, np.uint8) == ord("\n"))
        self._starts = np.concatenate([[0], ends + 1]).astype(np.int64)
        if self._starts[-1] != len(self._raw):
            raise EngineError(f"{path} is torn.", _HINT)

    def __len__(self) -> int:
        return len(self._starts) - 1

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> list[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | list[Row]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        line = self._raw[int(self._starts[place]) : int(self._starts[place + 1])]
        try:
            return convert(parse_json(line), Row, self._path.name)
        except ValueError as error:
            raise EngineError(f"{self._path} is damaged: {error}.", _HINT) from error

    def key(self, place: int) -> str:
        """Return the key of a row."""
        start = int(self._starts[place]) + _BEGIN
        return self._raw[start : start + _DIGITS].decode("ascii", "replace")


class SortedKeys(Sequence[str]):
    """The keys of a plan, sorted, and the places of their rows.

    Held as 16 bytes each: a text of Python takes five times that.
    """

    def __init__(self, plan: Plan) -> None:
        raw = b"".join(bytes.fromhex(key) for key in map(plan.key, range(len(plan))))
        keys = np.frombuffer(raw, [("high", ">u8"), ("low", ">u8")])
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        return bytes(self._keys[place].tobytes()).hex()

    def row(self, key: str) -> int:
        """Return the place of a key's row in the plan."""
        return int(self._order[bisect_left(self, key)])
