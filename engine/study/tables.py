"""The tables of a study: Parquet files with a documented schema, see docs/study.md.

One row a clip, a window, a frame. The schema's version stands in the metadata of each file, under
``motion_inspector_study``; columns are only added within a version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.export.whole_file import listed_file
from engine.study.optional import optional
from engine.study.outcome import VERSION, Outcome, Scores, read_outcome
from engine.study.place import CLIPS, CURVES, WINDOWS, Place
from engine.study.plan import Plan
from engine.study.rows import Row

SCHEMA_VERSION = 1
PURPOSE = "The tables of a study"

_KEY = b"motion_inspector_study"
_ROWS = 4096
UNTRIED = "It was not measured: its result could not be written. Run the study again."

_EVIDENCE = {
    "verdict": "string", "share": "float64", "share_low": "float64", "share_high": "float64",
    "order_bits": "float64", "frames_bits": "float64", "still_bits": "float64",
}  # fmt: skip
_SCORES = {
    "score": "float64", "frozen": "float64", "reversed": "float64", "shuffled": "float64",
}  # fmt: skip

COLUMNS: dict[str, dict[str, str]] = {
    CLIPS: {
        "clip": "int64", "key": "string", "name": "string", "path": "string",
        "start": "int64", "stop": "int64", "label": "string", "error": "string",
        "answer": "string", "correct": "bool", **_EVIDENCE, "reason": "string", "prior": "string",
        **_SCORES, "changing_share": "float64", "health": "string", "notices": "string",
        "guessed": "bool", "unlike": "bool",
        "frames": "int64", "fps": "float64", "windows": "int64", "of_windows": "int64",
        "content": "string",
    },
    WINDOWS: {
        "clip": "int64", "key": "string", "window": "int64",
        "first_frame": "int64", "last_frame": "int64", "padded": "int64",
        "crosses_cut": "bool", "counted": "bool", "answer": "string", "highest_logit": "float64",
        **_EVIDENCE, **_SCORES, "changing_share": "float64", "conservation": "float64",
    },
    CURVES: {"clip": "int64", "frame": "int64", **_EVIDENCE},
}  # fmt: skip
"""Names and types of the columns of each table."""

Cells = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a study, and those that have an error."""

    clips: int
    failed: int


def check_tables() -> None:
    """Refuse at once what would be refused when all clips are measured.

    Raises
    ------
    EngineError
        If the package for tables is missing.
    """
    optional("pyarrow.parquet", PURPOSE)


def write_tables(place: Place, plan: Plan, *, overwrite: bool = False) -> Counts:
    """Write the tables of all results, in the order of the source.

    Parameters
    ----------
    place : Place
    plan : Plan
    overwrite : bool
        Whether files that the program did not write may be replaced.

    Raises
    ------
    EngineError
        If one cannot be written.
    """
    arrow, parquet = optional("pyarrow", PURPOSE), optional("pyarrow.parquet", PURPOSE)
    failed = 0
    with ExitStack() as stack:
        tables = []
        for name in (CURVES, WINDOWS, CLIPS):
            partial = stack.enter_context(listed_file(place.folder / name, overwrite=overwrite))
            tables.append(stack.enter_context(closing(_Table(arrow, parquet, partial, name))))
        for number, row in enumerate(plan):
            key = plan.key(number)
            outcome = read_outcome(place, key) or Outcome(VERSION, "", 0, error=UNTRIED)
            failed += bool(outcome.error)
            for table in tables:
                table.add(number, key, row, outcome)
    return Counts(len(plan), failed)


class _Table:
    """A table that is written some thousand rows at a time, a context by `contextlib.closing`."""

    def __init__(self, arrow: Any, parquet: Any, path: Path, name: str) -> None:
        fields = [(column, arrow.type_for_alias(kind)) for column, kind in COLUMNS[name].items()]
        version = str(SCHEMA_VERSION).encode()
        self._schema = arrow.schema(fields, metadata={_KEY: version})
        self._arrow, self._cells = arrow, _CELLS[name]
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Cells] = []

    def add(self, number: int, key: str, row: Row, outcome: Outcome) -> None:
        """Add what a clip has for this table."""
        self._rows += self._cells(number, key, row, outcome)
        if len(self._rows) >= _ROWS:
            self._flush()

    def close(self) -> None:
        """Write the rest, and the end of the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        names = self._schema.names
        columns = {name: [cells.get(name) for cells in self._rows] for name in names}
        self._writer.write_table(self._arrow.table(columns, schema=self._schema))
        self._rows = []


def _clip_cells(number: int, key: str, row: Row, outcome: Outcome) -> Iterator[Cells]:
    cells: Cells = {
        "clip": number, "key": key, "name": _text(row.name), "path": _text(row.path),
        "start": row.start, "stop": row.stop, "content": outcome.content or None,
        "label": _text(outcome.label or ("" if row.by_folder else row.label)) or None,
        "error": _text(outcome.error) or None, "health": "error" if outcome.error else None,
    }  # fmt: skip
    clip = outcome.clip
    if clip is not None:
        cells |= _evidence_cells(clip) | _score_cells(clip.scores)
        cells |= {
            "answer": clip.answer,
            "correct": clip.answer == outcome.label if outcome.label else None,
            "reason": clip.reason or None, "prior": clip.prior or None,
            "changing_share": clip.changing_share,
            "health": "caution" if clip.notices or clip.guessed else "ok",
            "notices": _text(" ".join(clip.notices)) or None,
            "guessed": clip.guessed, "unlike": clip.unlike, "frames": clip.frames,
            "fps": clip.fps, "windows": len(outcome.windows), "of_windows": clip.of_windows,
        }  # fmt: skip
    yield cells


def _window_cells(number: int, key: str, row: Row, outcome: Outcome) -> Iterator[Cells]:
    for place, window in enumerate(outcome.windows):
        plain = {name: getattr(window, name) for name in _PLAIN}
        own = {"clip": number, "key": key, "window": place}
        yield own | plain | _evidence_cells(window) | _score_cells(window.scores)


_PLAIN = (
    "first_frame", "last_frame", "padded", "crosses_cut", "counted", "answer", "highest_logit",
    "changing_share", "conservation",
)  # fmt: skip


def _curve_cells(number: int, key: str, row: Row, outcome: Outcome) -> Iterator[Cells]:
    for stretch in outcome.stretches:
        cells = _evidence_cells(stretch)
        for frame in range(stretch.start, stretch.stop):
            yield {"clip": number, "frame": frame, **cells}


def _evidence_cells(source: object) -> Cells:
    return {name: getattr(source, name) for name in _EVIDENCE}


def _score_cells(scores: Scores) -> Cells:
    return {name: getattr(scores, name) for name in _SCORES}


def _text(text: str) -> str:
    """Return a text that Parquet can hold: names of files need not be in UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


_CELLS: dict[str, Callable[[int, str, Row, Outcome], Iterator[Cells]]] = {
    CLIPS: _clip_cells,
    WINDOWS: _window_cells,
    CURVES: _curve_cells,
}
