"""Tables of bouts: plain CSV, and the aggregated and tabular exports of BORIS.

Told apart by their columns, whatever separates them: a comma, a semicolon or a tab.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from engine.annotations.bouts import Bout
from engine.annotations.formats.boris_project import (
    Event,
    paired,
    refuse_overlaps,
    with_modifiers,
    without_modifiers,
)
from engine.annotations.formats.source import (
    Span,
    VideoTimes,
    bouts_of,
    file_name,
    number,
    spans_of,
)
from engine.errors import EngineError
from engine.utils.printable import text_cell

Row = Mapping[str, str]
_START = ("start", "start_s", "start (s)", "start_time", "begin", "onset")
_STOP = ("stop", "stop_s", "stop (s)", "stop_time", "end", "end_s", "offset")
_LABEL = ("label", "behavior", "behaviour", "code", "event", "name")
_MEDIA = ("media file name", "media file path", "media file", "source")
_COLUMNS = ("start", "stop", "label", "subject", "comment")
_AGGREGATED = (
    "Observation id",
    "Media file name",
    "Time offset (s)",
    "FPS (frame/s)",
    "Subject",
    "Behavior",
    "Modifier #1",
    "Behavior type",
    "Start (s)",
    "Stop (s)",
    "Duration (s)",
    "Comment start",
    "Comment stop",
)
_TABULAR = (
    "Observation id",
    "Media file name",
    "Time offset (s)",
    "FPS",
    "Subject",
    "Behavior",
    "Modifier #1",
    "Behavior type",
    "Time",
    "Comment",
)
_NOBODY = "no focal subject"
_OBSERVATION = "Motion Inspector"


def read(text: str, video: VideoTimes) -> tuple[Bout, ...]:
    """Return the bouts of a table, those of one observation where it has several.

    Raises
    ------
    EngineError
        If its columns are not known, or a row cannot be a bout; the message has its line.
    """
    rows = list(_rows(text))
    columns = frozenset(rows[0]) if rows else _header(text)
    rows = _of_video(rows, video.name)
    if {"time", "behavior type", "behavior"} <= columns:
        return bouts_of(_tabular(rows), video.times)
    if any(name in columns for name in _START) and any(name in columns for name in _STOP):
        return bouts_of(map(_span, rows), video.times)
    raise EngineError(
        "Its columns are not those of bouts.",
        "It needs start, stop and label, or to be an export of BORIS.",
    )


def write_plain(bouts: Iterable[Bout], video: VideoTimes) -> str:
    """Return a table of start and stop in seconds, label, subject and comment."""
    rows = (
        (repr(span.start_s), repr(span.stop_s), *map(_cell, _texts(span)))
        for span in spans_of(bouts, video.times)
    )
    return _table(_COLUMNS, rows, ",")


def write_aggregated(bouts: Iterable[Bout], video: VideoTimes) -> str:
    """Return the columns of BORIS's aggregated events that bouts have, separated by tabs."""
    rows = []
    for span in spans_of(bouts, video.times):
        code, modifiers = without_modifiers(span.label)
        rows.append(
            (
                *_about(video, span, code, modifiers),
                "STATE",
                repr(span.start_s),
                repr(span.stop_s),
                repr(span.stop_s - span.start_s),
                _cell(span.comment),
                "",
            )
        )
    return _table(_AGGREGATED, rows, "\t")


def write_tabular(bouts: Iterable[Bout], video: VideoTimes) -> str:
    """Return the columns of BORIS's tabular events that bouts have, separated by tabs.

    Raises
    ------
    EngineError
        If bouts of one behaviour overlap.
    """
    spans = list(spans_of(bouts, video.times))
    refuse_overlaps(spans)
    events = []
    for span in spans:
        about = _about(video, span, *without_modifiers(span.label))
        events.append((span.start_s, 1, (*about, "START", repr(span.start_s), _cell(span.comment))))
        events.append((span.stop_s, 0, (*about, "STOP", repr(span.stop_s), "")))
    return _table(_TABULAR, (row for _, _, row in sorted(events)), "\t")


def _about(video: VideoTimes, span: Span, code: str, modifiers: str) -> tuple[str, ...]:
    texts = (video.name, "0.0", f"{video.fps:.3f}", span.subject or _NOBODY, code, modifiers)
    return _OBSERVATION, *map(_cell, texts)


def _texts(span: Span) -> tuple[str, str, str]:
    return span.label, span.subject, span.comment


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]], delimiter: str) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return file.getvalue()


def _cell(text: str) -> str:
    """Return a text as `text_cell`, so that `_uncell` has it again."""
    return f"'{text}" if text_cell(text.lstrip("'")) != text.lstrip("'") else text


def _uncell(text: str) -> str:
    rest = text.lstrip("'")
    return text[1:] if text.startswith("'") and text_cell(rest) != rest else text


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _header(text: str) -> frozenset[str]:
    line = text.partition("\n")[0]
    return frozenset(name.strip().casefold() for name in line.split(_delimiter(line)))


def _rows(text: str) -> Iterator[Row]:
    """Iterate over the rows by their columns in small letters, ``line`` among them."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(text.partition("\n")[0])
    )
    try:
        names = [name.strip().casefold() for name in next(reader, [])]
        for row in reader:
            if any(cell.strip() for cell in row):
                cells = dict(zip(names, map(_uncell, row), strict=False))
                yield {**dict.fromkeys(names, ""), **cells, "line": str(reader.line_num)}
    except csv.Error as error:
        raise EngineError(f"It is no table: {error}.", "Save it as CSV again.") from error


def _of_video(rows: list[Row], video: str) -> list[Row]:
    """Return the rows of the observation of a video, where there are several."""
    names = {row.get("observation id", "") for row in rows}
    if len(names) < 2:
        return rows
    here = {row["observation id"] for row in rows if _plays(row, video)}
    if len(here) != 1:
        raise EngineError(
            f"{len(here)} of {len(names)} observations are of {video}.",
            "Export the observation of this video alone.",
        )
    return [row for row in rows if row["observation id"] in here]


def _plays(row: Row, video: str) -> bool:
    text = next((row[name] for name in _MEDIA if row.get(name)), "")
    return any(file_name(part.rpartition("#1:")[2]) == video for part in text.split(";"))


def _tabular(rows: Iterable[Row]) -> Iterator[Span]:
    events: list[Event] = []
    points: list[str] = []
    for row in rows:
        code = row["behavior"]
        events.append(
            (_time(row, ("time",)), _subject(row), code, _modifiers(row), row.get("comment", ""))
        )
        if row["behavior type"].strip().casefold().startswith("point"):
            points.append(code)
    return paired(events, points)


def _span(row: Row) -> Span:
    code = next((row[name] for name in _LABEL if row.get(name)), "")
    comment = row.get("comment", "") or row.get("comment start", "") or row.get("comment stop", "")
    start_s, stop_s = _time(row, _START), _time(row, _STOP)
    return Span(start_s, stop_s, with_modifiers(code, _modifiers(row)), _subject(row), comment)


def _time(row: Row, names: tuple[str, ...]) -> float:
    text = next((row[name] for name in names if row.get(name)), "")
    offset = row.get("time offset (s)", "") or "0"
    try:
        return number(text, "time") - number(offset, "time offset")
    except EngineError as error:
        raise EngineError(f"Line {row['line']}: {error}", error.hint) from error


def _subject(row: Row) -> str:
    subject = row.get("subject", "")
    return "" if subject.strip().casefold() == _NOBODY else subject


def _modifiers(row: Row) -> str:
    count = sum(name.startswith("modifier #") for name in row)
    found = [row.get(f"modifier #{i + 1}", "") for i in range(count)]
    return "|".join(found) if any(found) else ""
