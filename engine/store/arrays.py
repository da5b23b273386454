"""Relevance on disk: appended while it is computed, read back by range, never whole in memory."""

from __future__ import annotations

import hashlib
import math
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.cancel import Check
from engine.errors import EngineError
from engine.store.zarr_files import (
    DESCRIPTION,
    MOST_CHUNK_BYTES,
    FileFacts,
    Layout,
    known,
    name_of,
    read_chunk,
    read_layout,
    write_chunk,
    write_description,
    write_group,
)
from engine.types import Float32Array
from engine.utils.bounded_files import read_bounded

CHUNK = 32
_DIGEST_BYTES = 16
_ROW_BYTES = 2**24

Shape = tuple[int, int, int]
Facts = dict[str, FileFacts]
"""Facts of files by their names, from the folder of the arrays."""

ARRAYS = "arrays.zarr"
"""The folder of arrays in that of an analysis."""


def start_group(folder: Path) -> Path:
    """Make the folder of arrays of an analysis, empty, and return it."""
    group = folder / ARRAYS
    if group.is_dir() and not group.is_symlink():
        shutil.rmtree(group)
    write_group(group)
    return group


def layout_of(shape: Shape) -> Layout:
    """Return the layout of an array of maps: as many planes a chunk as is read quickly.

    Raises
    ------
    EngineError
        If its maps are too large to be kept.
    """
    most = MOST_CHUNK_BYTES // (4 * math.prod(shape[1:]))
    if most < 1:
        raise EngineError(
            f"Maps of {shape[1]} x {shape[2]} pixels are too large to be kept.",
            f"A crop of up to {math.isqrt(MOST_CHUNK_BYTES // 4)} pixels a side is kept.",
        )
    return Layout(shape, (min(CHUNK, most, shape[0]), *shape[1:]))


def write_whole(group: Path, name: str, values: npt.NDArray[Any]) -> Facts:
    """Write an array of numbers to the folder of arrays, replacing an earlier one."""
    folder = group / name
    shutil.rmtree(folder, ignore_errors=True)
    rows = max(1, min(len(values), _ROW_BYTES // max(1, values[:1].nbytes)))
    layout = Layout(values.shape, (rows, *values.shape[1:]), known(str(values.dtype)))
    facts = {f"{name}/{DESCRIPTION}": write_description(folder, layout.describe())}
    for place in layout.places():
        part = values[layout.within(place)]
        facts[f"{name}/{name_of(place)}"] = write_chunk(folder, layout, place, part)
    return facts


def read_whole(folder: Path, layout: Layout, facts: Mapping[str, FileFacts]) -> npt.NDArray[Any]:
    """Read an array of numbers, in memory as a whole.

    Raises
    ------
    TornError
        If a part of it is missing, or not what was written.
    """
    values = np.empty(layout.shape, layout.dtype)
    for place in layout.places():
        known = facts.get(f"{folder.name}/{name_of(place)}")
        values[layout.within(place)] = read_chunk(folder, layout, place, known)
    return values


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """The written part of an array, enough to resume it with its stored chunks.

    Attributes
    ----------
    written : int
        Planes appended.
    tail : float32 array, (n, h, w)
        Those that are not stored yet, as their chunk is not full.
    digests : bytes
        16 bytes for each chunk stored: a hash of its values.
    """

    written: int
    tail: Float32Array
    digests: bytes


class GrowingArray:
    """A float32 (M, h, w) array in files, filled from its start while it is read.

    Parameters
    ----------
    group : Path
        Folder of the arrays.
    name : str
        Its name there.
    shape : (int, int, int)
        Its final shape.

    Attributes
    ----------
    facts : dict
        `FileFacts` of the files written by now.
    """

    def __init__(self, group: Path, name: str, shape: Shape) -> None:
        self._folder, self._layout = group / name, layout_of(shape)
        described = write_description(self._folder, self._layout.describe())
        self.facts: Facts = {f"{name}/{DESCRIPTION}": described}
        self._tail = np.zeros(self._layout.chunks, np.float32)
        self._stored = 0
        self._written = 0
        self._digests = b""
        self._lock = threading.Lock()

    @classmethod
    def resumed(
        cls, group: Path, name: str, shape: Shape, growth: Growth, check: Check
    ) -> GrowingArray:
        """Go on with an array that was written so far, after reading all of it.

        Raises
        ------
        ValueError, OSError, TornError
            If what is stored is not what was written.
        """
        layout = layout_of(shape)
        read_layout(group / name, shape, layout.chunks, "float32")
        whole = growth.written == shape[0]
        behind = 0 if whole else growth.written % layout.chunks[0]
        if not 0 <= growth.written <= shape[0] or growth.tail.shape != (behind, *shape[1:]):
            raise ValueError(f"{growth.written} planes of {name} end in {growth.tail.shape}")
        grown = cls(group, name, shape)
        grown._tail[:behind] = growth.tail
        grown._written, grown._stored = growth.written, growth.written - behind
        grown._digests = growth.digests
        grown._verify(check)
        return grown

    @property
    def written(self) -> int:
        """Planes that can be read."""
        return self._written

    @property
    def growth(self) -> Growth:
        """The written part, in arrays of the caller's own."""
        with self._lock:
            tail = self._tail[: self._written - self._stored].copy()
            return Growth(self._written, tail, self._digests)

    def append(self, planes: Float32Array) -> None:
        """Add planes, float32 (n, h, w), behind those already there."""
        with self._lock:
            for plane in planes:
                self._tail[self._written - self._stored] = plane
                self._written += 1
                full = self._written - self._stored == len(self._tail)
                if full or self._written == self._layout.shape[0]:
                    self._store()

    def read(self, start: int, stop: int) -> Float32Array:
        """Planes [start, stop), float32 (n, h, w), all below `written`."""
        with self._lock:
            known = self.facts
            disk = _read_planes(self._folder, self._layout, start, min(stop, self._stored), known)
            from_tail = self._tail[max(start - self._stored, 0) : max(stop - self._stored, 0)]
        return np.concatenate([disk, from_tail])

    def _store(self) -> None:
        chunk = self._tail[: self._written - self._stored]
        place = (self._stored // len(self._tail), 0, 0)
        facts = write_chunk(self._folder, self._layout, place, chunk)
        self.facts[f"{self._folder.name}/{name_of(place)}"] = facts
        self._digests += _digest(chunk)
        self._stored = self._written

    def _verify(self, check: Check) -> None:
        found = []
        for number in range(-(-self._stored // len(self._tail))):
            check()
            place = (number, 0, 0)
            found.append(_digest(read_chunk(self._folder, self._layout, place)))
            raw = read_bounded(self._folder / name_of(place), MOST_CHUNK_BYTES)
            self.facts[f"{self._folder.name}/{name_of(place)}"] = FileFacts.of(raw)
        if b"".join(found) != self._digests:
            raise ValueError("the chunks are not those that were written")


class StoredArray:
    """A finished array of maps in an analysis folder, read lazily.

    Parameters
    ----------
    group : Path
        Folder of the arrays.
    name : str
        Its name there.
    layout : Layout
        As `read_layout` found it.
    facts : mapping
        `FileFacts` of its files, as far as they are known; what differs is not read.
    zeros : set of int
        Chunks that are missing as all of them is zero.
    """

    def __init__(
        self,
        group: Path,
        name: str,
        layout: Layout,
        facts: Mapping[str, FileFacts],
        zeros: frozenset[int] = frozenset(),
    ) -> None:
        self._folder, self._layout, self._facts, self._zeros = group / name, layout, facts, zeros

    @property
    def written(self) -> int:
        """Planes that can be read: all."""
        return self._layout.shape[0]

    def read(self, start: int, stop: int) -> Float32Array:
        """Planes [start, stop), float32 (n, h, w).

        Raises
        ------
        TornError
            If they are not what was written.
        """
        return _read_planes(self._folder, self._layout, start, stop, self._facts, self._zeros)


def _read_planes(
    folder: Path,
    layout: Layout,
    start: int,
    stop: int,
    facts: Mapping[str, FileFacts],
    zeros: frozenset[int] = frozenset(),
) -> Float32Array:
    start, stop = max(start, 0), min(stop, layout.shape[0])
    planes = np.zeros((max(stop - start, 0), *layout.shape[1:]), np.float32)
    length = layout.chunks[0]
    for number in range(start // length, -(-stop // length) if stop > start else 0):
        if number in zeros:
            continue
        place, first = (number, 0, 0), number * length
        chunk = read_chunk(folder, layout, place, facts.get(f"{folder.name}/{name_of(place)}"))
        low, high = max(start, first), min(stop, first + length)
        planes[low - start : high - start] = chunk[low - first : high - first]
    return planes


def _digest(planes: Float32Array) -> bytes:
    return hashlib.blake2b(planes.tobytes(), digest_size=_DIGEST_BYTES).digest()
