"""What keeping sessions takes of the application: files of state and settings, and moved videos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.cancel import Check
from gui.state.session_file import SessionFile


@dataclass(frozen=True, slots=True)
class Recoverable:
    """What a process that did not end cleanly had open.

    Attributes
    ----------
    path : Path
        The file that it was kept in.
    session : SessionFile
        What was open.
    saved_s : float
        When it was kept, in seconds since 1970.
    saved_as : Path or None
        The session file of the user that it belongs to.
    """

    path: Path
    session: SessionFile
    saved_s: float
    saved_as: Path | None


@dataclass(frozen=True, slots=True)
class RecentFile:
    """A video or session that was open.

    Attributes
    ----------
    path : Path
    is_there : bool
        Whether it still exists.
    """

    path: Path
    is_there: bool


class Autosaving(Protocol):
    """Keeps what is open in a file of this process."""

    def save(self, session: SessionFile | None, saved_as: Path | None = None) -> Path | None:
        """Save, from any thread; the file, if it holds the session."""

    def close(self) -> None:
        """Remove the file."""


class Recent(Protocol):
    """The files last opened, the newest first."""

    def entries(self) -> Sequence[RecentFile]:
        """All of them."""

    def add(self, path: Path) -> None:
        """Put a file first."""

    def remove(self, path: Path) -> None:
        """Take a file off the list."""

    def clear(self) -> None:
        """Empty the list."""


@dataclass(frozen=True, slots=True)
class SessionBackend:
    """Keeping sessions, handed in by the application.

    Attributes
    ----------
    autosave : Autosaving
    recent : Recent
    lost : callable
        () -> what dead processes had open, the newest first.
    forget : callable
        Removes one of `lost`.
    relink : callable
        (session, folders, check) -> where its video lies now, or None; called in a worker thread.
    difference : callable
        (session, video) -> a sentence if the video is another one, or None; in a worker thread.
    """

    autosave: Autosaving
    recent: Recent
    lost: Callable[[], Sequence[Recoverable]]
    forget: Callable[[Recoverable], None]
    relink: Callable[[SessionFile, Sequence[Path], Check], Path | None]
    difference: Callable[[SessionFile, Path], str | None]
