"""Indexes on disk by a file's content, so that a long or unruly file is read only once."""

from __future__ import annotations

import hashlib
import logging
import os
import zipfile
from pathlib import Path

import av
import numpy as np

from engine.utils.atomic import atomic_file
from engine.utils.bounded_files import open_regular
from engine.utils.paths import cache_folder
from engine.video.index.frame_index import Index, PacketTable

log = logging.getLogger(__name__)

MAX_STORE_BYTES = 512 * 2**20
"""Indexes on disk beyond which the least recently used are deleted: 18 million packets."""

_VERSION = "1"
_BLOCK = 65_536
_BLOCKS = 16
_COLUMNS = ("pts", "dts", "pos", "size", "key", "discard", "corrupt", "breaks")
_FRAMES = ("shown", "starts", "first_frames", "verified", "damaged", "failed", "lost")


def fingerprint(path: Path, *settings: object) -> str:
    """Return a name for a file's content and the settings of its index.

    From its size, the time of its last change and 16 blocks of its bytes.
    Reading all of a long video would take as long as indexing it.
    """
    facts = path.stat()
    libraries = av.library_versions["libavformat"]
    made = f"{_VERSION} {libraries} {facts.st_size} {facts.st_mtime_ns} {settings}"
    digest = hashlib.blake2b(made.encode(), digest_size=20)
    with open_regular(path) as file:
        for block in range(_BLOCKS):
            file.seek(block * max(facts.st_size - _BLOCK, 0) // (_BLOCKS - 1))
            digest.update(file.read(_BLOCK))
    return digest.hexdigest()


def load_index(name: str) -> Index | None:
    """Load the index of a `fingerprint`, or None if there is none that can be used."""
    path = _path(name)
    try:
        with open_regular(path) as file, np.load(file, allow_pickle=False) as arrays:
            table = PacketTable(*(arrays[column] for column in _COLUMNS))
            shown, starts, first_frames, verified, damaged, failed, lost = (
                arrays[column] for column in _FRAMES
            )
        os.utime(path)  # used now: the last to be deleted
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        log.info("the kept index %s cannot be used", path, exc_info=True)
        return None
    return Index(table, shown, starts, first_frames, bool(verified), bool(damaged), failed, lost)


def save_index(name: str, index: Index) -> None:
    """Store an index, and log a failure, as it can be made again."""
    path = _path(name)
    arrays = {column: getattr(index.packets, column) for column in _COLUMNS}
    arrays |= {column: np.asarray(getattr(index, column)) for column in _FRAMES}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path) as partial, partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        _make_room(path.parent)
    except OSError:
        log.info("the index cannot be kept in %s", path, exc_info=True)


def _path(name: str) -> Path:
    return cache_folder() / "index" / f"{name}.npz"


def _make_room(folder: Path) -> None:
    entries = sorted(folder.iterdir(), key=lambda entry: entry.stat().st_mtime, reverse=True)
    total = 0
    for entry in entries:
        total += entry.stat().st_size
        if total > MAX_STORE_BYTES:
            entry.unlink(missing_ok=True)
