"""Files that appear only when they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.video.encode import Unfinished
from engine.video.encode.errors import export_errors


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a path to write to, which becomes the target on success and is removed on failure.

    Raises
    ------
    ExportError
        If the folder or the file cannot be written.
    """
    with export_errors(target):
        unfinished = Unfinished(target)
        try:
            yield unfinished.path
            unfinished.publish()
        finally:
            unfinished.discard()
