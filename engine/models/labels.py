"""Labels as people have them: lines, tables with or without a header, JSON, in any encoding."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.utils.bounded_files import decoded, read_bounded
from engine.utils.schema import SchemaError, parse_json

_MOST_BYTES = 2**22
_MOST_LINES = 100_000
_ONE_A_LINE = "Give a text file with one label a line, in the order of the outputs."
_NAMES = re.compile(
    r"(class|label|category|action|activity|gesture|display)?[_ ]?(names?|labels?|text|title)|"
    r"class(es)?|categor(y|ies)|actions?|activit(y|ies)|gestures?"
)
"""Headers of the column of names, and keys of their list."""
_PLACES = re.compile(r"((class|label|category)[_ ]?)?(ids?|index|idx|number|no|nr)\.?|#|key|value")
"""Headers of the column of numbers."""
_TABLES = ("id2label", "label2id", "class_to_idx", "idx_to_class", "class_indices")
"""Keys of a table of names and numbers."""
_NUMBERED = re.compile(r"([0-9]{1,9})\s*[\s:.),;=|-]\s*(\S.*)")
_ENDING_IN_NUMBER = re.compile(r"(.*\S)\s*[\s:,;=|]\s*([0-9]{1,9})")
_SEPARATORS = "\t,;|"


@dataclass(frozen=True, slots=True)
class Labels:
    """The names in a labels file.

    Attributes
    ----------
    names : tuple of str
        In the order of the outputs; none is empty.
    notices : tuple of str
        What the user should know of how they were read.
    """

    names: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def read_labels(path: Path) -> Labels:
    """Read a labels file.

    Parameters
    ----------
    path : Path
        One label a line; lines with numbers (``1 ApplyEyeMakeup``), counted from 0 or 1; a table
        (CSV, TSV, also with semicolons) with or without a header; JSON: a list, a table from
        names to numbers or from numbers to names, also under a key as in ``config.json``.

    Raises
    ------
    ModelError
        If it is missing, no regular file, too large, not text, or empty, or its numbers have
        gaps.
    """
    raw = _content(path)
    text, notices = _decoded(raw, path)
    if any(ord(sign) < 32 and sign not in "\t\n\r\f\v" for sign in text):
        raise ModelError(f"The labels file {path} is not text.", _ONE_A_LINE)
    if len(text.splitlines()) > _MOST_LINES:
        raise ModelError(f"The labels file {path} has more than {_MOST_LINES} lines.", _ONE_A_LINE)
    names = [name.strip().strip('"').strip() for name in _parsed(text, path)]
    if not any(names):
        raise ModelError(f"The labels file {path} is empty.", _ONE_A_LINE)
    return Labels(tuple(name for name in names if name), notices)


def _content(path: Path) -> bytes:
    try:
        return read_bounded(path, _MOST_BYTES)
    except OSError as error:
        raise ModelError(
            f"The labels file {path} cannot be read ({error.strerror or error}).",
            "Check the path of the labels file.",
        ) from error


def _decoded(raw: bytes, path: Path) -> tuple[str, tuple[str, ...]]:
    """Return the text of a file, and a notice where its encoding is a guess."""
    try:
        return decoded(raw), ()
    except UnicodeDecodeError as error:
        if error.encoding != "utf-8":
            raise ModelError(
                f"The labels file {path} is not text in {error.encoding.upper()}, as which it "
                "begins.",
                "Save it as UTF-8.",
            ) from error
    notice = f"The labels file {path.name} is not UTF-8; it was read as Latin-1."
    return raw.decode("cp1252", errors="replace"), (notice,)


def _parsed(text: str, path: Path) -> Sequence[str]:
    if path.suffix.lower() == ".json" or text.lstrip()[:1] in ("{", "["):
        found = _of_json(text, path)
        if found is not None:
            return found
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    numbered = _numbered_lines([" ".join(line.split()) for line in lines])
    if numbered is not None:
        return numbered
    rows = _rows(text, path.suffix.lower())
    if rows:
        return _of_table(rows, path)
    header = len(lines) > 1 and bool(_NAMES.fullmatch(lines[0].lower()))
    return lines[header:]


def _of_json(text: str, path: Path) -> Sequence[str] | None:
    try:
        value = parse_json(text)
    except SchemaError as error:
        if path.suffix.lower() != ".json":
            return None  # lines that begin with a bracket
        raise ModelError(f"The labels file {path} is not JSON: {error}.", _ONE_A_LINE) from error
    names = _names_in(value, path)
    if names is None:
        raise ModelError(
            f"The labels file {path} is JSON, but neither a list of names nor a table of names and "
            "numbers.",
            'Write ["wave", "clap"], {"0": "wave", "1": "clap"} or {"wave": 0, "clap": 1}.',
        )
    return names


def _names_in(value: Any, path: Path) -> Sequence[str] | None:
    """Return the names in a list, a table, or under a key that is for them."""
    if isinstance(value, list):
        if all(isinstance(name, str) for name in value):
            return value
        return _of_entries(value, path)
    if not isinstance(value, dict) or not value:
        return None
    pairs = _pairs_of(value)
    if pairs is not None:
        return _in_order(pairs, path)
    keys = [key for key in value if key in _TABLES or _NAMES.fullmatch(key.lower())]
    inside = (_names_in(value[key], path) for key in keys if isinstance(value[key], dict | list))
    return next((names for names in inside if names is not None), None)


def _pairs_of(table: dict[str, Any]) -> list[tuple[int, str]] | None:
    """Return the numbers and names of a table in either direction."""
    values = list(table.values())
    if all(isinstance(v, int) and not isinstance(v, bool) for v in values):
        return [(number, name) for name, number in table.items()]
    if all(isinstance(v, str) and _is_number(v) for v in values) and not all(
        map(_is_number, table)
    ):
        return [(int(number), name) for name, number in table.items()]
    if all(isinstance(v, str) for v in values) and all(map(_is_number, table)):
        return [(int(number), name) for number, name in table.items()]
    return None


def _of_entries(entries: list[Any], path: Path) -> Sequence[str] | None:
    """Return the names of a list of tables, such as [{"id": 0, "name": "wave"}]."""
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        return None
    name_key = next((key for key in entries[0] if _NAMES.fullmatch(key.lower())), None)
    if name_key is None or not all(isinstance(e.get(name_key), str) for e in entries):
        return None
    place_key = next((key for key in entries[0] if _PLACES.fullmatch(key.lower())), None)
    if place_key is None or not all(isinstance(e.get(place_key), int) for e in entries):
        return [entry[name_key] for entry in entries]
    return _in_order([(entry[place_key], entry[name_key]) for entry in entries], path)


def _numbered_lines(lines: list[str]) -> Sequence[str] | None:
    """Return the names of lines that all have a number before or after, if these have no gap."""
    for pattern, place, name in ((_NUMBERED, 1, 2), (_ENDING_IN_NUMBER, 2, 1)):
        found = list(takewhile(bool, map(pattern.fullmatch, lines)))
        if len(found) < len(lines) or len(lines) < 2:
            continue
        pairs = [(int(match[place]), match[name]) for match in found if match]
        told_apart = len({text for _, text in pairs}) == len(pairs)  # "class 1", "class 2" are not
        if told_apart and _is_whole(number for number, _ in pairs):
            return [text.strip(" \t'\",") for _, text in sorted(pairs)]
    return None


def _rows(text: str, suffix: str) -> list[list[str]] | None:
    """Return the rows of a table, all of one length, None for plain lines."""
    separators = _SEPARATORS if suffix in (".csv", ".tsv", ".tab") else "\t"
    for separator in separators:
        try:
            found = list(csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True))
        except csv.Error:
            continue
        rows = [[cell.strip() for cell in row] for row in found if any(map(str.strip, row))]
        if rows and len({len(row) for row in rows}) == 1 and len(rows[0]) > 1:
            return rows
    if suffix in (".csv", ".tsv", ".tab"):
        return [[line.strip().strip('"')] for line in text.splitlines() if line.strip()]
    rows = _rows(text, ".csv") or []
    columns = [[row[column] for row in rows] for column in _columns(rows)]
    ordered = any(_is_whole_column(cells) or _is_whole_column(cells[1:]) for cells in columns)
    return rows if len(rows) > 1 and ordered else None


def _of_table(rows: list[list[str]], path: Path) -> Sequence[str]:
    """Return the names in a table, in the order of its column of numbers if it has one."""
    has_header = _has_header(rows)
    header = [cell.lower() for cell in rows[0]] if has_header else [""] * len(rows[0])
    body = rows[has_header:]
    numeric = [c for c in _columns(rows) if body and all(_is_number(row[c]) for row in body)]
    names = [c for c in _columns(rows) if c not in numeric] or list(_columns(rows))[-1:]
    place = next((c for c in numeric if _PLACES.fullmatch(header[c])), None)
    if place is None:
        place = next((c for c in numeric if _is_whole_column([row[c] for row in body])), None)
    column = next((c for c in names if _NAMES.fullmatch(header[c])), names[0])
    if place is None or place == column:
        return [row[column] for row in body]
    return _in_order([(int(row[place]), row[column]) for row in body], path)


def _has_header(rows: list[list[str]]) -> bool:
    """Return whether the first row names the columns."""
    if len(rows) < 2:
        return False
    first = [cell.lower() for cell in rows[0]]
    numbers = any(
        not _is_number(rows[0][c]) and all(_is_number(row[c]) for row in rows[1:])
        for c in _columns(rows)
    )
    return numbers or any(_NAMES.fullmatch(cell) for cell in first)


def _columns(rows: list[list[str]]) -> range:
    return range(len(rows[0]) if rows else 0)


def _is_whole_column(cells: list[str]) -> bool:
    return bool(cells) and all(map(_is_number, cells)) and _is_whole(map(int, cells))


def _is_whole(numbers: Iterable[int]) -> bool:
    """Return whether numbers are all of those from 0 or 1 on, each once."""
    found = sorted(numbers)
    return found[:1] in ([0], [1]) and found == list(range(found[0], found[0] + len(found)))


def _in_order(pairs: list[tuple[int, str]], path: Path) -> Sequence[str]:
    numbers = [number for number, _ in pairs]
    if not _is_whole(numbers):
        raise ModelError(
            f"The labels file {path} has {len(pairs)} labels, but their numbers are not "
            f"0 to {len(pairs) - 1} or 1 to {len(pairs)}: {_odd_number(numbers)}.",
            "Give each output one number and one name.",
        )
    return [name for _, name in sorted(pairs)]


def _odd_number(numbers: list[int]) -> str:
    found = Counter(numbers)
    most, count = found.most_common(1)[0]
    if count > 1:
        return f"{most} is there {count} times"
    start = 1 if min(numbers) == 1 else 0
    missing = next(number for number in range(start, start + len(numbers)) if number not in found)
    return f"{missing} is missing"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
