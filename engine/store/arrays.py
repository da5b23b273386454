"""Relevance on disk: appended while it is computed, read back by range, never whole in memory."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

import numpy as np

from engine.types import Float32Array

CHUNK = 32


def open_group(folder: Path, mode: str) -> Any:
    """Open the Zarr group of an analysis folder; "w" makes it anew, "r" reads, "a" adds."""
    import zarr  # here: it takes a third of a second that the first window need not wait for

    return zarr.open_group(str(folder / "arrays.zarr"), mode=cast("Any", mode))


class GrowingArray:
    """A float32 (M, h, w) Zarr array that is filled from its start; reads and appends may overlap.

    Parameters
    ----------
    group : zarr.Group
        Where it lives.
    name : str
        Its name in the group.
    shape : (int, int, int)
        Its final shape.
    """

    def __init__(self, group: Any, name: str, shape: tuple[int, int, int]) -> None:
        chunks = (min(CHUNK, shape[0]), *shape[1:])
        self._array = group.create_array(name, shape=shape, chunks=chunks, dtype="float32")
        self._tail = np.zeros(chunks, np.float32)
        self._stored = 0
        self._written = 0
        self._lock = threading.Lock()

    @property
    def written(self) -> int:
        """Planes that can be read."""
        return self._written

    def append(self, planes: Float32Array) -> None:
        """Add planes, float32 (n, h, w), behind those already there."""
        with self._lock:
            for plane in planes:
                self._tail[self._written - self._stored] = plane
                self._written += 1
                full = self._written - self._stored == len(self._tail)
                if full or self._written == self._array.shape[0]:
                    self._store()

    def read(self, start: int, stop: int) -> Float32Array:
        """Planes [start, stop), float32 (n, h, w), all below `written`."""
        with self._lock:
            from_disk = self._array[start : min(stop, self._stored)] if start < self._stored else []
            from_tail = self._tail[max(start - self._stored, 0) : max(stop - self._stored, 0)]
            parts = [np.asarray(part) for part in (from_disk, from_tail) if len(part)]
        return np.concatenate(parts) if parts else np.zeros((0, *self._tail.shape[1:]), np.float32)

    def _store(self) -> None:
        self._array[self._stored : self._written] = self._tail[: self._written - self._stored]
        self._stored = self._written


class StoredArray:
    """A finished array of an analysis folder, read lazily."""

    def __init__(self, group: Any, name: str) -> None:
        self._array = group[name]
        self._lock = threading.Lock()

    @property
    def shape(self) -> tuple[int, ...]:
        """Planes, and their height and width."""
        return tuple(self._array.shape)

    @property
    def written(self) -> int:
        """Planes that can be read: all."""
        return self.shape[0]

    def read(self, start: int, stop: int) -> Float32Array:
        """Planes [start, stop), float32 (n, h, w)."""
        with self._lock:
            return np.asarray(self._array[start:stop], dtype=np.float32)
