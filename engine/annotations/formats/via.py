"""Temporal segments of VIA 3 (VGG Image Annotator): its projects (JSON) and its exported CSV.

After the data format notes of VIA 3: ``metadata`` maps an id to a segment ``z`` in seconds of the
view ``vid`` and to the values ``av`` of attributes; a view shows files. VIA 2 annotates pictures
alone: its files have no times and are refused.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
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

_HINT = "Save it with VIA 3 again."
_SEGMENTS = "TEMPORAL-SEGMENTS"
"""Name that VIA gives the attribute of segments at first."""
_COMMENT = "comment"
_TEXT, _MANY = 1, 2
_SPANS = "FILE1_Z2_XY0"
"""Anchor of attributes of segments: one file, two times, no place."""
_CSV_HEADER = "# CSV_HEADER = "
_COLUMNS = (
    "metadata_id",
    "file_list",
    "flags",
    "temporal_coordinates",
    "spatial_coordinates",
    "metadata",
)


def read_project(text: str, video: VideoTimes) -> tuple[Bout, ...]:
    """Return the segments of the view that shows the video, or of the only one.

    Raises
    ------
    EngineError
        If it is no project, or has no such view.
    """
    try:
        project = parse_json(text)
    except SchemaError as error:
        raise EngineError(f"It cannot be read: {error}.", _HINT) from error
    try:
        views = {
            str(view): [file_name(str(project["file"][str(i)]["fname"])) for i in shown["fid_list"]]
            for view, shown in project["view"].items()
        }
        chosen = _chosen(views, video.name)
        entries = [one for one in project["metadata"].values() if str(one["vid"]) == chosen]
        spans = [s for one in entries for s in _spans(one["z"], one["av"], project["attribute"])]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise EngineError("It is not a project of VIA 3.", _HINT) from error
    return bouts_of(spans, video.times)


def read_csv(text: str, video: VideoTimes) -> tuple[Bout, ...]:
    """Return the segments of a CSV that VIA 3 has exported.

    Raises
    ------
    EngineError
        If it is none.
    """
    attributes, lines = _attributes_of(text)
    spans: list[Span] = []
    try:
        rows = list(csv.DictReader(io.StringIO(lines), _COLUMNS))
        files = {
            row["metadata_id"]: [file_name(str(name)) for name in _list(row, "file_list")]
            for row in rows
        }
        shown = {str(names): names for names in files.values()}
        chosen = shown[_chosen(shown, video.name)] if rows else []
        for row in rows:
            if files[row["metadata_id"]] == chosen:
                times = _list(row, "temporal_coordinates")
                spans += _spans(times, parse_json(row["metadata"]), attributes)
    except (csv.Error, SchemaError, KeyError, TypeError, AttributeError) as error:
        raise EngineError("It is not a CSV that VIA 3 has exported.", _HINT) from error
    return bouts_of(spans, video.times)


def write_project(bouts: Iterable[Bout], video: VideoTimes) -> str:
    """Return a project of one view, with an attribute for each subject and one for comments."""
    spans = list(spans_of(bouts, video.times))
    attributes = _attributes(spans)
    project = {
        "project": {
            "pid": "__VIA_PROJECT_ID__",
            "rev": "__VIA_PROJECT_REV_ID__",
            "rev_timestamp": "__VIA_PROJECT_REV_TIMESTAMP__",
            "pname": "Motion Inspector",
            "creator": "Motion Inspector",
            "created": 0,
            "vid_list": ["1"],
        },
        "config": {},
        "attribute": attributes,
        "file": {"1": {"fid": "1", "fname": video.name, "type": 4, "loc": 1, "src": video.name}},
        "metadata": {
            f"1_{i:08d}": {
                "vid": "1",
                "flg": 0,
                "z": [span.start_s, span.stop_s],
                "xy": [],
                "av": _values(span, attributes),
            }
            for i, span in enumerate(spans, 1)
        },
        "view": {"1": {"fid_list": ["1"]}},
    }
    return json.dumps(project, ensure_ascii=False, indent=1) + "\n"


def write_csv(bouts: Iterable[Bout], video: VideoTimes) -> str:
    """Return segments as the CSV that VIA 3 exports."""
    spans = list(spans_of(bouts, video.times))
    attributes = _attributes(spans)
    file = io.StringIO(newline="")
    file.write(
        "# Exported using VGG Image Annotator (http://www.robots.ox.ac.uk/~vgg/software/via)\n"
    )
    file.write(f"# ATTRIBUTE = {json.dumps(attributes)}\n")
    file.write(_CSV_HEADER + ",".join(_COLUMNS) + "\n")
    rows = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for i, span in enumerate(spans, 1):
        names, times = json.dumps([video.name]), json.dumps([span.start_s, span.stop_s])
        values = json.dumps(_values(span, attributes), ensure_ascii=False)
        rows.writerow((f"1_{i:08d}", names, "0", times, "[]", values))
    return file.getvalue()


def _chosen(views: Mapping[str, list[str]], video: str) -> str:
    here = [view for view, names in views.items() if video in names]
    found = here or (list(views) if len(views) == 1 else [])
    if len(found) != 1:
        raise EngineError(
            f"{len(found)} of {len(views)} views show {video}.", "Keep one view of this video."
        )
    return found[0]


def _spans(
    times: list[Any], values: Mapping[str, Any], attributes: Mapping[str, Any]
) -> Iterator[Span]:
    """Iterate over the values of a segment; an attribute is a subject."""
    if not times:
        return  # of the whole file
    start_s, stop_s = (number(times[i], "time") for i in (0, min(1, len(times) - 1)))
    texts = {
        str(key): _text(attributes.get(str(key)) or {}, value) for key, value in values.items()
    }
    names = {key: str((attributes.get(key) or {}).get("aname", _SEGMENTS)) for key in texts}
    comment = "; ".join(text for key, text in texts.items() if names[key] == _COMMENT)
    for key, text in texts.items():
        if text.strip() and names[key] != _COMMENT:
            subject = "" if names[key] == _SEGMENTS else names[key]
            yield Span(start_s, stop_s, text, subject, comment)


def _text(attribute: Mapping[str, Any], value: object) -> str:
    """Return the words of a value, which may be numbers of options."""
    options = attribute.get("options") or {}
    if attribute.get("type", _TEXT) == _TEXT or not options:
        return str(value)
    chosen = str(value).split(",") if attribute["type"] == _MANY else [str(value)]
    return ", ".join(str(options.get(key, key)) for key in chosen)


def _attributes(spans: Iterable[Span]) -> dict[str, Any]:
    spans = list(spans)
    names = list(dict.fromkeys(span.subject or _SEGMENTS for span in spans))
    names += [_COMMENT] if any(span.comment for span in spans) else []
    return {
        str(i): {
            "aname": name,
            "anchor_id": _SPANS,
            "type": _TEXT,
            "desc": "",
            "options": {},
            "default_option_id": "",
        }
        for i, name in enumerate(names, 1)
    }


def _values(span: Span, attributes: Mapping[str, Any]) -> dict[str, str]:
    ids = {str(one["aname"]): key for key, one in attributes.items()}
    values = {ids[span.subject or _SEGMENTS]: span.label}
    return values | ({ids[_COMMENT]: span.comment} if span.comment else {})


def _attributes_of(text: str) -> tuple[dict[str, Any], str]:
    """Return the attributes that comments of a CSV tell, and the rows below them."""
    lines = text.splitlines(keepends=True)
    told = [line.partition("=")[2] for line in lines if line.startswith("# ATTRIBUTE =")]
    try:
        attributes = parse_json(told[0]) if told else {}
    except SchemaError:
        attributes = {}
    rows = "".join(line for line in lines if not line.startswith("#"))
    return attributes if isinstance(attributes, dict) else {}, rows


def _list(row: Mapping[str, Any], column: str) -> list[Any]:
    found = parse_json(row[column])
    if not isinstance(found, list):
        raise TypeError(f"{column} is no list")
    return found
