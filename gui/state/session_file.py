"""A session in a file: the video, how it is explained, what is shown, and what was noted.

No Qt. The video is named twice, by its whole path and from the session's folder, so that both may
move together; `SessionFile.content` tells whether what is found there is the same.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from engine.errors import EngineError
from engine.store.analysis import Place
from engine.store.summary import AnalysisSummary, summary_to_plain
from engine.types import DEFAULT_PRESET, Request
from engine.utils.atomic import AtomicPath
from engine.utils.bounded_files import read_bounded
from engine.utils.schema import Base64, SchemaError, convert, parse_json, to_plain
from gui.state.results import Result
from gui.state.stand_ins import StandIn, stand_ins_for, with_stand_ins, with_stored
from gui.state.view_state import PANE_COUNTS, ViewState

SUFFIX = ".mis.json"
FORMAT = 1

_KIND = "Motion Inspector session"
_MOST_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class _StoredVideo:
    """The video of a session, as its file names it."""

    path: Annotated[str, Meta(min_length=1)]
    beside: str | None = None
    content: str = ""


@dataclass(frozen=True, slots=True)
class _StoredResult:
    """A result of a session, as its file has it."""

    folder: Annotated[str, Meta(min_length=1)]
    summary: AnalysisSummary
    place: Place = "cache"


@dataclass(frozen=True, slots=True)
class _Stored:
    """The fields of a session file but its kind and format."""

    video: _StoredVideo
    request: dict[str, Any] = field(default_factory=dict)
    view: dict[str, Any] = field(default_factory=dict)
    notes: tuple[dict[str, Any], ...] = ()
    paint: dict[str, Any] = field(default_factory=dict)
    layout: dict[str, Any] = field(default_factory=dict)
    analysis: str | None = None
    explain: bool = False
    results: tuple[_StoredResult, ...] = ()


_KNOWN = ("kind", "format", *(part.name for part in fields(_Stored)))


@dataclass(frozen=True, slots=True)
class SessionFile:
    """The content of a session file.

    Attributes
    ----------
    request : Request
        The video and how it is explained; preset and sigma are those of ``view``.
    view : ViewState
        What is shown; ``frame_count`` is 0 and nothing plays until the video is open.
    content : str
        `engine.video.content_hash.content_id` of the video; empty where it is not known.
    beside : Path or None
        Where the video lies as seen from the session file; None where there is no such way.
    notes : tuple of dict
        As `engine.annotations.notes.to_json` gives them; each has at least a ``text``.
    paint : dict
        The painted region, opaque.
    layout : dict of str to str
        Of the window, base64 by name.
    analysis : Path or None
        Folder of the finished analysis.
    explain : bool
        Whether there was one that is in no folder of its own, or was being made: it is explained
        again, which takes what the cache has.
    results : tuple of Result
        Those that were made, shown or named in it, with the names that the user gave.
    stand_ins : tuple of StandIn
        What the view shows in place of names that are not known here; saved, it has the names
        again, wherever the view was left as it was.
    other : dict
        What the file holds besides: kept for versions that know it.
    """

    request: Request
    view: ViewState = field(default_factory=ViewState)
    content: str = ""
    beside: Path | None = None
    notes: tuple[dict[str, Any], ...] = ()
    paint: dict[str, Any] = field(default_factory=dict)
    layout: dict[str, str] = field(default_factory=dict)
    analysis: Path | None = None
    explain: bool = False
    results: tuple[Result, ...] = ()
    stand_ins: tuple[StandIn, ...] = ()
    other: dict[str, Any] = field(default_factory=dict)


def dump(session: SessionFile, folder: Path | None = None) -> str:
    """Session as the text of its file, which lies in ``folder``.

    Raises
    ------
    EngineError
        If it holds what JSON cannot.
    """
    values = {
        "kind": _KIND,
        "format": FORMAT,
        "video": _video_to(session, folder),
        "request": _without(session.request, "video", "preset", "sigma", *_unnamed(session)),
        "view": with_stored(_without(session.view, "frame_count", "playing"), session.stand_ins),
        "notes": list(session.notes),
        "paint": session.paint,
        "layout": session.layout,
        "analysis": _path_to(session.analysis, folder),
        "explain": session.explain,
    }
    if session.results:
        values["results"] = [_result_to(each, folder) for each in session.results]
    try:
        return json.dumps(session.other | values, indent=2, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise EngineError(
            f"The session cannot be saved: {error}.", "Report this, with the log."
        ) from error


def load(text: str, folder: Path | None = None, name: str = "The file") -> SessionFile:
    """Session from the text of its file, which lies in ``folder`` and is called ``name``.

    Raises
    ------
    EngineError
        If it is no session, of a newer version, damaged, or holds values that make no sense.
    """
    values = _parsed(text, name)
    try:
        return _session(values, folder)
    except SchemaError as error:
        raise EngineError(
            f"{name} cannot be used as a session: {error}.",
            "Mend that value in a text editor, or open the video and begin anew.",
        ) from error


def read_session(path: Path) -> SessionFile:
    """Session from its file.

    Raises
    ------
    EngineError
        As `load`, and if the file cannot be read.
    """
    try:
        text = read_bounded(path, _MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise EngineError(
            f"The session {path} cannot be read ({error.strerror or error}).", "Check its path."
        ) from error
    except UnicodeDecodeError as error:
        raise _no_session(str(path)) from error
    return load(text, path.absolute().parent, str(path))


def save_session(session: SessionFile, path: Path) -> None:
    """Save a session and replace an old file only once the new one is whole.

    Raises
    ------
    EngineError
        If it cannot be written.
    """
    text = dump(session, path.absolute().parent)
    try:
        with AtomicPath(path) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as error:
        raise EngineError(
            f"The session cannot be saved in {path}: {error.strerror or error}.",
            "Free some space, or choose another folder.",
        ) from error


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        values = parse_json(text)
    except SchemaError as error:
        raise EngineError(
            f"{name} is damaged: it is not whole JSON.",
            "Take an earlier copy, or open the video and begin anew.",
        ) from error
    if not isinstance(values, dict) or values.get("kind") != _KIND:
        raise _no_session(name)
    version = values.get("format")
    if type(version) is int and version > FORMAT:
        raise EngineError(
            f"{name} was saved by a newer version of Motion Inspector: it has format {version}, "
            f"and this version reads up to {FORMAT}.",
            "Update Motion Inspector.",
        )
    if type(version) is not int or version < 1:
        raise _no_session(name)
    return values


def _no_session(name: str) -> EngineError:
    return EngineError(
        f"{name} is not a session of Motion Inspector.",
        f"Choose a file that it saved, *{SUFFIX}, or open the video itself.",
    )


def _session(values: dict[str, Any], folder: Path | None) -> SessionFile:
    stored = convert({"video": {}, **values}, _Stored)
    stand_ins = stand_ins_for(stored.view)
    view = _view(with_stand_ins(stored.view, stand_ins))
    request = _request(stored, view, folder)
    beside = stored.video.beside
    if not all(isinstance(note.get("text"), str) for note in stored.notes):
        raise SchemaError("notes should be a list of notes with a text")
    layout = {key: convert(text, Base64, f"layout.{key}") for key, text in stored.layout.items()}
    return SessionFile(
        request=request,
        view=view,
        content=stored.video.content,
        beside=None if beside is None or folder is None else _joined(folder, beside),
        notes=stored.notes,
        paint=stored.paint,
        layout=layout,
        analysis=_path_from(stored.analysis, folder),
        explain=stored.explain,
        results=tuple(_result_from(each, folder) for each in stored.results),
        stand_ins=stand_ins,
        other={key: value for key, value in values.items() if key not in _KNOWN},
    )


def _request(stored: _Stored, view: ViewState, folder: Path | None) -> Request:
    video = str(Path(folder or "", stored.video.path).absolute())
    of_view = {"video": video, "preset": view.preset, "sigma": view.sigma}
    request = convert(stored.request | of_view, Request, "request")
    _check_span(request.frames, "request.frames")
    return request


def _view(values: dict[str, Any]) -> ViewState:
    """Return the view of a session, with the usual panes if it has none."""
    stopped: dict[str, Any] = {"frame_count": 0, "playing": False}
    usual = {"panes": list(ViewState().panes)} if values.get("panes") == [] else {}
    view = convert({"preset": DEFAULT_PRESET} | values | stopped | usual, ViewState, "view")
    _check_span(view.range, "view.range")
    if len(view.panes) not in PANE_COUNTS:
        raise SchemaError(f"view.panes has {len(view.panes)} panes but should have 1, 2, 4 or 6")
    return view


def _check_span(frames: tuple[int, int] | None, key: str) -> None:
    if frames is not None and frames[0] >= frames[1]:
        raise SchemaError(f"{key} is {list(frames)} but should be a first frame and a later end")


def _video_to(session: SessionFile, folder: Path | None) -> dict[str, Any]:
    path = session.request.video.absolute()
    beside = _path_to(path, folder)
    return {
        "path": str(path),
        "beside": None if beside is None or Path(beside).is_absolute() else beside,
        "content": session.content,
    }


def _result_to(result: Result, folder: Path | None) -> dict[str, Any]:
    return {
        "folder": _path_to(result.folder, folder if result.place == "folder" else None),
        "place": result.place,
        "summary": summary_to_plain(result.summary),
    }


def _result_from(stored: _StoredResult, folder: Path | None) -> Result:
    place = Path(stored.folder).absolute() if folder is None else _joined(folder, stored.folder)
    return Result(place, stored.summary, stored.place)


def _unnamed(session: SessionFile) -> tuple[str, ...]:
    """Return the fields of a request that few have, where they say nothing."""
    return ("input",) if session.request.input is None else ()


def _without(value: object, *names: str) -> dict[str, Any]:
    return {name: part for name, part in to_plain(value).items() if name not in names}


def _path_to(path: Path | None, folder: Path | None) -> str | None:
    """Return a path relative to a folder, with "/", absolute if there is no way."""
    if path is None:
        return None
    if folder is None:
        return str(path.absolute())
    try:
        return Path(os.path.relpath(path.absolute(), folder)).as_posix()
    except ValueError:  # another drive of Windows
        return str(path.absolute())


def _path_from(text: str | None, folder: Path | None) -> Path | None:
    if not text:
        return None
    return Path(text).absolute() if folder is None else _joined(folder, text)


def _joined(folder: Path, text: str) -> Path:
    return Path(os.path.normpath(folder / text))
