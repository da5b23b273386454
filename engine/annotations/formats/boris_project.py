"""Projects of BORIS (``.boris``), as version 8 writes them.

A project is JSON: an ethogram in ``behaviors_conf``, and observations whose ``events`` are rows of
time, subject, behaviour, modifiers and comment. A state begins with one row and ends with the next
of the same subject, behaviour and modifiers. Times have the observation's time offset added.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from engine.annotations.bouts import Bout
from engine.annotations.formats.source import (
    Span,
    VideoTimes,
    bouts_of,
    file_name,
    number,
    spans_of,
)
from engine.errors import EngineError
from engine.utils.schema import SchemaError, parse_json

_MODIFIED = re.compile(r"(.*\S) \[([^\[\]]+)\]", re.DOTALL)
_HINT = "Save it with BORIS 7 or later."
_OBSERVATION = "Motion Inspector"


def with_modifiers(code: str, modifiers: str) -> str:
    """Return a label that has the modifiers of a behaviour behind it, in brackets."""
    return f"{code} [{modifiers}]" if modifiers.strip("|") else code


def without_modifiers(label: str) -> tuple[str, str]:
    """Return behaviour and modifiers of a label."""
    found = _MODIFIED.fullmatch(label)
    return (found[1], found[2]) if found and found[2].strip("|") else (label, "")


def read(text: str, video: VideoTimes) -> tuple[Bout, ...]:
    """Return the bouts of the observation that has the video, or of the only one.

    Raises
    ------
    EngineError
        If it is no project, has no such observation, or a state does not end.
    """
    try:
        project = parse_json(text)
    except SchemaError as error:
        raise EngineError(f"It cannot be read: {error}.", _HINT) from error
    try:
        points = _points(project["behaviors_conf"])
        observation = _chosen(project["observations"], video.name)
        offset = number(observation.get("time offset", 0), "time offset")
        events = [_event(row, offset) for row in observation["events"]]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise EngineError("It is not a BORIS project.", _HINT) from error
    return bouts_of(paired(events, points), video.times)


def write(bouts: Iterable[Bout], video: VideoTimes) -> str:
    """Return a project with one observation, whose behaviours are all states.

    Raises
    ------
    EngineError
        If bouts of one behaviour overlap, which BORIS cannot tell apart.
    """
    spans = list(spans_of(bouts, video.times))
    refuse_overlaps(spans)
    codes = dict.fromkeys(without_modifiers(span.label)[0] for span in spans)
    subjects = dict.fromkeys(span.subject for span in spans if span.subject)
    events = sorted(row for span in spans for row in _rows(span))
    project = {
        "time_format": "hh:mm:ss",
        "project_date": "1970-01-01T00:00:00",
        "project_name": _OBSERVATION,
        "project_description": "",
        "project_format_version": "7.0",
        "subjects_conf": {
            str(i): {"key": "", "name": name, "description": ""} for i, name in enumerate(subjects)
        },
        "behaviors_conf": {str(i): _behaviour(code) for i, code in enumerate(codes)},
        "observations": {_OBSERVATION: _observation([list(row[2:]) for row in events], video)},
        "behavioral_categories": [],
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
    return json.dumps(project, indent=1, ensure_ascii=False) + "\n"


Event = tuple[float, str, str, str, str]
"""Time, subject, behaviour, modifiers, comment."""


def paired(events: Iterable[Event], points: Iterable[str]) -> Iterator[Span]:
    """Iterate over spans from starts and stops, and over behaviours that are points.

    Raises
    ------
    EngineError
        If a start has no stop.
    """
    begun: dict[tuple[str, str, str], Event] = {}
    known = frozenset(points)
    for event in sorted(events, key=lambda event: event[0]):
        time_s, subject, code, modifiers, comment = event
        label = with_modifiers(code, modifiers)
        if code in known:
            yield Span(time_s, time_s, label, subject, comment)
        elif (start := begun.pop((subject, code, modifiers), None)) is not None:
            yield Span(start[0], time_s, label, subject, start[4] or comment)
        else:
            begun[subject, code, modifiers] = event
    if begun:
        time_s, _, code, _, _ = next(iter(begun.values()))
        raise EngineError(
            f"'{code[:40]}' begins at {time_s:g} s and does not end.",
            "Mend it in BORIS: Observations, Check state events.",
        )


def refuse_overlaps(spans: Iterable[Span]) -> None:
    """Refuse spans of one subject and behaviour that overlap.

    Raises
    ------
    EngineError
        If there are any.
    """
    ends: dict[tuple[str, str], float] = {}
    for span in spans:
        key = span.subject, span.label
        if span.start_s < ends.get(key, float("-inf")):
            raise EngineError(
                f"Two bouts of '{span.label[:40]}' overlap at {span.start_s:g} s, which this "
                "format cannot hold.",
                "Join them, or write ELAN, VIA or CSV.",
            )
        ends[key] = span.stop_s


def _points(ethogram: dict[str, Any]) -> list[str]:
    kinds = {str(entry["code"]): str(entry["type"]) for entry in ethogram.values()}
    return [code for code, kind in kinds.items() if kind.casefold().startswith("point")]


def _chosen(observations: dict[str, Any], video: str) -> dict[str, Any]:
    """Return the observation of a video."""
    files = {name: _files(one) for name, one in observations.items()}
    here = [name for name, paths in files.items() if video in paths]
    found = here or (list(observations) if len(observations) == 1 else [])
    if len(found) != 1:
        raise EngineError(
            f"{len(found)} of {len(observations)} observations are of {video}.",
            "Keep one observation of this video in the project.",
        )
    if len(files[found[0]]) > 1:
        raise EngineError(
            f"The observation {found[0][:40]} plays {len(files[found[0]])} files in a row.",
            "Make an observation of this video alone.",
        )
    return dict(observations[found[0]])


def _files(observation: dict[str, Any]) -> list[str]:
    first = (observation.get("file") or {}).get("1") or []
    return [file_name(str(path)) for path in first]


def _event(row: list[Any], offset: float) -> Event:
    time_s = number(row[0], "time of an event") - offset
    subject, code, modifiers = (str(part or "") for part in row[1:4])
    return time_s, subject, code, modifiers, str(row[4] or "") if len(row) > 4 else ""


def _rows(span: Span) -> Iterator[tuple[Any, ...]]:
    """Iterate over the rows of a span, each with what it is sorted by: stops before starts."""
    code, modifiers = without_modifiers(span.label)
    yield span.start_s, 1, span.start_s, span.subject, code, modifiers, span.comment
    yield span.stop_s, 0, span.stop_s, span.subject, code, modifiers, ""


def _behaviour(code: str) -> dict[str, Any]:
    return {
        "type": "State event",
        "key": "",
        "code": code,
        "description": "",
        "color": "",
        "category": "",
        "modifiers": {},
        "excluded": "",
        "coding map": "",
    }


def _observation(events: list[list[Any]], video: VideoTimes) -> dict[str, Any]:
    _, end_s = video.times.span_s(0, video.times.frame_count)
    return {
        "file": {"1": [video.name], **{str(player): [] for player in range(2, 9)}},
        "type": "MEDIA",
        "date": "1970-01-01T00:00:00",
        "description": "",
        "time offset": 0.0,
        "events": events,
        "observation time interval": [0, 0],
        "independent_variables": {},
        "media_info": {
            "length": {video.name: end_s},
            "fps": {video.name: video.fps},
            "hasVideo": {video.name: True},
            "hasAudio": {video.name: False},
            "offset": {"1": 0.0},
        },
    }
