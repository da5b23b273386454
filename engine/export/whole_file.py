"""Files that appear only when they are whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.utils.atomic import AtomicPath
from engine.video.encode.errors import export_errors


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes the target, or is removed if an error is raised.

    Raises
    ------
    ExportError
        If the folder or the file cannot be written.
    """
    with export_errors(target):
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
        with AtomicPath(target) as partial:
            yield partial
