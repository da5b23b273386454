"""Relevance on disk: appended while it is computed, read back by range, never whole in memory."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from engine.cancel import Check
from engine.types import Float32Array

CHUNK = 32
_DIGEST_BYTES = 16

ARRAYS = "arrays.zarr"
"""The folder of arrays in that of an analysis."""


def open_group(folder: Path, mode: str) -> Any:
    """Open the Zarr group of an analysis folder to replace ("w"), read ("r") or extend ("a")."""
    import zarr  # here: it takes a third of a second that the first window need not wait for

    return zarr.open_group(str(folder / ARRAYS), mode=cast("Any", mode))


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
    """A float32 (M, h, w) Zarr array, filled from its start while it is read.

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
        self._digests = b""
        self._lock = threading.Lock()

    @classmethod
    def resumed(
        cls, group: Any, name: str, shape: tuple[int, int, int], growth: Growth, check: Check
    ) -> GrowingArray:
        """Go on with an array that was written so far, after reading all of it.

        Raises
        ------
        KeyError, ValueError, OSError
            If what is stored is not what was written.
        """
        grown = cls.__new__(cls)
        grown._array = group[name]
        if grown._array.shape != shape or str(grown._array.dtype) != "float32":
            raise ValueError(f"{name} has shape {grown._array.shape}")
        grown._tail = np.zeros((min(CHUNK, shape[0]), *shape[1:]), np.float32)
        grown._tail[: len(growth.tail)] = growth.tail
        grown._written = growth.written
        grown._stored = growth.written - len(growth.tail)
        grown._digests = growth.digests
        grown._lock = threading.Lock()
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
        chunk = self._tail[: self._written - self._stored]
        self._array[self._stored : self._written] = chunk
        self._digests += _digest(chunk)
        self._stored = self._written

    def _verify(self, check: Check) -> None:
        found = []
        for start in range(0, self._stored, len(self._tail)):
            check()
            try:
                planes = np.asarray(self._array[start : min(start + CHUNK, self._stored)])
            except RuntimeError as error:  # what the decompression says of half a chunk
                raise ValueError("a chunk is damaged") from error
            found.append(_digest(planes))
        if b"".join(found) != self._digests or self._written > self._array.shape[0]:
            raise ValueError("the chunks are not those that were written")


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


def _digest(planes: Float32Array) -> bytes:
    return hashlib.blake2b(planes.tobytes(), digest_size=_DIGEST_BYTES).digest()
