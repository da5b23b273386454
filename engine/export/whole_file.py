"""Files that appear only when they are whole."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.utils.atomic import AtomicPath
from engine.utils.folder_update import refuse_foreign
from engine.utils.written_files import digest, is_own, listed, save_list
from engine.video.encode.errors import export_errors, named_as


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
        with AtomicPath(target) as partial, named_as(partial, target):
            yield partial


@contextmanager
def listed_file(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield as `whole_file`, and list the target in its folder as the program's.

    Raises
    ------
    ExportError
        If it cannot be written, or the program did not write what is there and may not replace it.
    """
    if not overwrite and (target.exists() or target.is_symlink()):
        known = listed(target.parent)
        refuse_foreign([] if is_own(target.parent, target.name, known) else [target])
    with whole_file(target) as partial:
        yield partial
        save_list(target.parent, listed(target.parent) | {target.name: digest(partial)})
