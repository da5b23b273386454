"""Files that appear only when they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.video.encode import Unfinished
from engine.video.encode.errors import export_errors


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes the target if all went well, and is removed if not.

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
