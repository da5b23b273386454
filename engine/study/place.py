"""The folder of a study: what lies where, and results that are written whole and once."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EACCES)

CLIPS, WINDOWS, CURVES = "clips.parquet", "windows.parquet", "curves.parquet"
TABLE_FILES = (CLIPS, WINDOWS, CURVES)
SETTINGS_FILE, PLAN_FILE, PROGRESS_FILE = "study.json", "plan.jsonl", "progress.json"
MAPS_PLAN_FILE = "plan-of-maps.jsonl"

Stage = Literal["units", "mapped"]


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of a study.

    Attributes
    ----------
    folder : Path
        On a disk that all workers share.
    stage : str
        "units": clips are measured; "mapped": some of them once more, for their maps.
    """

    folder: Path
    stage: Stage = "units"

    @property
    def settings(self) -> Path:
        """What is measured and how."""
        return self.folder / SETTINGS_FILE

    @property
    def plan(self) -> Path:
        """The rows of the stage, a line each."""
        return self.folder / (PLAN_FILE if self.stage == "units" else MAPS_PLAN_FILE)

    @property
    def progress(self) -> Path:
        """How far the study is."""
        return self.folder / PROGRESS_FILE

    @property
    def workers(self) -> Path:
        """A locked file and a journal for each worker."""
        return self.folder / "workers"

    @property
    def driver(self) -> Path:
        """Locked by the process that runs the study."""
        return self.workers / "driver.lock"

    def result(self, key: str) -> Path:
        """Return the file of a result."""
        return self.folder / self.stage / key[:2] / f"{key}.json"

    def claim(self, key: str, number: int) -> Path:
        """Return the file by which a worker claims a unit for the time of that number."""
        return self.folder / "claims" / key[:2] / f"{key}.{self.stage}.{number}"

    def maps(self, key: str) -> Path:
        """Return the folder of a unit's maps."""
        return self.folder / "maps" / key[:2] / f"{key}.zarr"

    def done_in(self, part: str) -> frozenset[str]:
        """Return the keys of a part, its first two digits, that have a result."""
        try:
            with os.scandir(self.folder / self.stage / part) as found:
                names = [entry.name for entry in found]
        except FileNotFoundError:
            return frozenset()
        return frozenset(name.removesuffix(".json") for name in names if name.endswith(".json"))


def publish(target: Path, raw: bytes, partial: Path) -> bool:
    """Write a file whole, unless there is one: the first of several writers wins.

    Parameters
    ----------
    target : Path
        Its folder is made if needed.
    raw : bytes
        The content.
    partial : Path
        A place on the same disk that nobody else writes to.

    Returns
    -------
    bool
        Whether it was this one that was written.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        partial.write_bytes(raw)
        return _linked(partial, target)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _linked(partial: Path, target: Path) -> bool:
    try:
        os.link(partial, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if target.exists():
            return False
        os.replace(partial, target)  # a disk without links: two at once write the same
    return True


def remove(path: Path) -> None:
    """Remove a file or folder of the program's, as far as it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
