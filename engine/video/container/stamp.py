"""Files that must stay as they were while a video is read from them.

Frames of two versions of a file must never come together in one result, so that size and time of
the last change are compared after each frame that is decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.cancel import Cancelled
from engine.errors import VideoError
from engine.utils.bounded_files import open_regular

_END_BYTES = 2**16


class VideoChangedError(VideoError):
    """A video was overwritten, replaced or removed while it was open.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} was changed while it was open.", "Open it again.")


class FileStamp:
    """Size and time of the last change of a file, when the stamp was made. A folder has none.

    Parameters
    ----------
    path : Path
    may_grow : bool
        Whether a file that was only added to counts as unchanged: a recording that goes on.
    """

    def __init__(self, path: Path, *, may_grow: bool = False) -> None:
        self.path = path
        self._facts = file_facts(path)
        self._ends = _ends(path, self._facts) if may_grow else None
        self._size = 0 if self._facts is None else self._facts[0]

    @property
    def is_outdated(self) -> bool:
        """True if the file was changed since."""
        if self._facts is None:
            return False
        now = file_facts(self.path)
        if now == self._facts:
            return False
        if self._ends is None or now is None or now[0] <= self._size:
            return True
        if _ends(self.path, (self._size, 0)) != self._ends:
            return True
        self._facts = now
        return False


@contextmanager
def unchanged(stamp: FileStamp) -> Iterator[None]:
    """Read from a file, and raise `VideoChangedError` if it was changed, whatever else failed."""
    try:
        yield
    except Cancelled:
        raise
    except Exception as error:
        if stamp.is_outdated:
            raise VideoChangedError(stamp.path) from error
        raise
    if stamp.is_outdated:
        raise VideoChangedError(stamp.path)


def file_facts(path: Path) -> tuple[int, int] | None:
    """Return size and time of the last change in ns of a regular file, or None for others."""
    try:
        if not path.is_file():
            return None
        facts = path.stat()
    except (OSError, ValueError):
        return None
    return facts.st_size, facts.st_mtime_ns


def _ends(path: Path, facts: tuple[int, int] | None) -> tuple[bytes, bytes] | None:
    """Return the first and last bytes of a file as long as it was."""
    if facts is None:
        return None
    try:
        with open_regular(path) as file:
            first = file.read(min(_END_BYTES, facts[0]))
            file.seek(max(facts[0] - _END_BYTES, 0))
            return first, file.read(min(_END_BYTES, facts[0]))
    except OSError:
        return None
