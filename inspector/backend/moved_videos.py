"""Videos of sessions that have moved: found again by what they hold."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.cancel import Check, never
from engine.errors import EngineError
from engine.video.content_hash import content_id, size_in
from gui.state.session_file import SessionFile

_MOST_FILES = 5_000
_MOST_SEARCH_S = 3.0


def relink(session: SessionFile, search: Sequence[Path] = (), check: Check = never) -> Path | None:
    """Return the present path of the video of a session, or None if it cannot be found.

    Looked for beside the session, at its old place, and in folders and below them: at most
    5,000 files and 3 s.

    Parameters
    ----------
    session : SessionFile
    search : sequence of Path
        Folders, the session's own first.
    check : callable
        May raise `Cancelled`.
    """
    known = [path for path in (session.beside, session.request.video) if path is not None]
    for path in known:
        if path.exists() and (not session.content or _has(path, session.content)):
            return path
    if not session.content:
        return None
    for path in _candidates(search, session.request.video.name, size_in(session.content)):
        check()
        if _has(path, session.content):
            return path
    return None


def difference(session: SessionFile, path: Path) -> str | None:
    """Return a warning if a file is not the video of a session, else None."""
    if not session.content or _has(path, session.content):
        return None
    return (
        f"{path.name} is not the video that this session was made with: its content differs, so "
        "frames, notes and explanations may not fit it."
    )


def _candidates(folders: Sequence[Path], name: str, size: int | None) -> Iterator[Path]:
    """Yield files of that size, or folders of that name for pictures, for a short time."""
    until = time.monotonic() + _MOST_SEARCH_S
    left = _MOST_FILES
    for folder in folders:
        for place, inner, files in os.walk(folder):
            inner.sort()
            names = inner if size is None else sorted(files, key=lambda file: file != name)
            left -= 1 + len(names)
            if left < 0 or time.monotonic() > until:
                return
            for path in (Path(place, entry) for entry in names):
                if path.name == name if size is None else _size(path) == size:
                    yield path


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:  # gone, or another user's: not what is looked for
        return None


def _has(path: Path, content: str) -> bool:
    try:
        return content_id(path) == content
    except EngineError:  # unreadable: not what is looked for
        return False
