"""Sources of a study: a folder, a pattern, a table or archives, read as rows."""

from __future__ import annotations

import csv
import glob
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import VideoError
from engine.study.archives import archive_rows
from engine.study.optional import optional
from engine.study.rows import Row, absolute
from engine.types import MOST_FRAMES
from engine.utils.bounded_files import decoded, is_regular, open_regular, read_bounded
from engine.video.folder import VIDEO_SUFFIXES, videos_below

TABLES = (".csv", ".tsv", ".parquet")
COLUMNS = ("path", "start", "stop", "label")

_MOST_BYTES = 2**30
_SIGNS = ",;\t"
_PATTERN = "*?["
_HINT = "Give a folder, a pattern in quotes, a .csv or .parquet table, or a .tar archive."


def rows_of(source: Path) -> Iterator[Row]:
    """Return the rows of a source.

    Parameters
    ----------
    source : Path
        A folder of videos or archives; a pattern, in which ** stands for any folders; a table
        with a column ``path`` and, where wanted, ``start``, ``stop`` and ``label``; an archive;
        or one video.

    Raises
    ------
    VideoError
        If it cannot be read, or has nothing in it. What is wrong with a single row is told there.
    """
    if source.is_dir():
        return _of_folder(source)
    if not is_regular(source) and any(sign in str(source) for sign in _PATTERN):
        return _of_pattern(source)
    if not is_regular(source):
        raise VideoError(f"{source} does not exist, or is no file or folder.", _HINT)
    kind = source.suffix.lower()
    if kind == ".tar":
        return archive_rows(source, source.name)
    if kind in TABLES:
        return _of_table(source, _parquet(source) if kind == ".parquet" else _csv(source))
    return iter([Row(source.name, absolute(source))])


def files_of(source: Path) -> list[Path]:
    """Return the files of a source that no result may be written over."""
    return [source] if is_regular(source) else []


def _of_folder(folder: Path) -> Iterator[Row]:
    archives = sorted(path for path in folder.rglob("*.tar") if is_regular(path))
    try:
        videos = videos_below(folder)
    except VideoError:
        if not archives:
            raise
        videos = []
    for path in videos:
        name = path.relative_to(folder).as_posix()
        yield Row(name, absolute(path), label=path.parent.name, by_folder=True)
    for path in archives:
        yield from archive_rows(path, path.relative_to(folder).as_posix())


def _of_pattern(pattern: Path) -> Iterator[Row]:
    found = sorted(Path(name) for name in glob.glob(str(pattern), recursive=True))
    files = [path for path in found if is_regular(path)]
    if not files:
        raise VideoError(f"No file fits {pattern}.", _HINT)
    for path in files:
        if path.suffix.lower() == ".tar":
            yield from archive_rows(path, path.as_posix())
        elif path.suffix.lower() in VIDEO_SUFFIXES:
            yield Row(path.as_posix(), absolute(path), label=path.parent.name, by_folder=True)
        else:
            fault = f"{path.name} has no ending of a video."
            yield Row(path.as_posix(), absolute(path), fault=fault)


def _of_table(table: Path, rows: Iterator[Mapping[str, Any]]) -> Iterator[Row]:
    return (_row(table, number, cells) for number, cells in enumerate(rows, 1))


def _row(table: Path, number: int, cells: Mapping[str, Any]) -> Row:
    """Return a row of a table, with a fault where its cells are none."""
    text = {name: "" if (cell := cells.get(name)) is None else str(cell) for name in COLUMNS}
    name = text["path"].strip()
    label = text["label"].strip()
    if not name or "\0" in name:
        return Row(name or f"row {number}", "", fault=f"Row {number} of {table.name} has no path.")
    path = absolute(table.parent / name)
    ends = [_frame(text[column]) for column in ("start", "stop")]
    wrong = [text[column] for column, end in zip(("start", "stop"), ends, strict=True) if end == -1]
    if wrong:
        fault = f"Row {number} of {table.name}: {wrong[0][:40]!r} is no frame number from 0 up."
        return Row(name, path, label=label, fault=fault)
    return Row(name, path, ends[0], ends[1], label)


def _frame(text: str) -> int | None:
    """Return a frame number, None of an empty cell, and -1 of what is none."""
    text = text.strip().removesuffix(".0")  # as spreadsheets and pandas write columns with gaps
    if not text or text.lower() == "nan":
        return None
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
    return number if number <= MOST_FRAMES else -1


def _csv(table: Path) -> Iterator[Mapping[str, Any]]:
    try:
        lines = io.StringIO(decoded(read_bounded(table, _MOST_BYTES)), newline="")
    except (OSError, UnicodeError) as error:
        raise _unreadable(table, getattr(error, "strerror", None) or "it is no text") from error
    head = lines.readline()
    sign = max(_SIGNS, key=head.count)
    names = [name.strip().lower() for name in next(csv.reader([head], delimiter=sign), [])]
    _check_columns(table, names)
    return _csv_rows(table, csv.DictReader(lines, names, delimiter=sign))


def _csv_rows(table: Path, reader: csv.DictReader[str]) -> Iterator[Mapping[str, Any]]:
    try:
        yield from reader
    except csv.Error as error:
        raise _unreadable(table, f"line {reader.line_num}: {error}") from error


def _parquet(table: Path) -> Iterator[Mapping[str, Any]]:
    parquet = optional("pyarrow.parquet", "A Parquet table")
    try:
        with open_regular(table) as file:
            opened = parquet.ParquetFile(file)
            _check_columns(table, opened.schema_arrow.names)
            wanted = [name for name in opened.schema_arrow.names if name in COLUMNS]
            for batch in opened.iter_batches(columns=wanted):
                yield from batch.to_pylist()
    except (OSError, ValueError, TypeError) as error:  # pyarrow's errors are these
        raise _unreadable(table, str(error).partition("\n")[0]) from error


def _check_columns(table: Path, names: Sequence[str]) -> None:
    if "path" not in names:
        shown = ", ".join(str(name)[:40] for name in names[:8]) or "none"
        raise VideoError(
            f"{table} has no column called path (it has: {shown}).",
            f"Name the columns {', '.join(COLUMNS)}; path is needed.",
        )


def _unreadable(table: Path, reason: str) -> VideoError:
    return VideoError(f"{table} cannot be read ({reason}).", "Check the table.")
