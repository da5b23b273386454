"""Files of `torch.save`, opened as data: the archives of today and the pickles of before 1.6."""

from __future__ import annotations

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import torch

from engine.models.weights.pickle_names import FaultError
from engine.models.weights.pickle_reader import read_pickle
from engine.models.weights.pickle_values import StoredArray, StoredTensor, StoredValues
from engine.utils.bounded_files import open_regular

_MAGIC = 0x1950A86A20F9469CFC6C
"""First pickle of a file before torch 1.6."""
_PICKLE_BYTES = 2**30

Parts = Callable[[StoredValues], bytearray]


class TorchFile:
    """An open file of `torch.save`.

    Parameters
    ----------
    content : object
        What its pickle holds: plain values, and records of `pickle_values`.
    parts : callable
        Reads the bytes of one storage.
    size : int
        Of the file in bytes: more no tensor can hold.
    """

    def __init__(self, content: Any, parts: Parts, size: int) -> None:
        self.content = content
        self.damaged = 0
        self._parts = parts
        self.size = size
        self._read: dict[str, torch.Tensor] = {}

    def tensor(self, stored: StoredTensor | StoredArray) -> torch.Tensor:
        """Read the values of one tensor. Tensors of one storage share its memory.

        Raises
        ------
        FaultError
            If it is odd, or claims more than there is.
        """
        if stored.oddity:
            raise FaultError(f"has a tensor that is {stored.oddity}")
        if isinstance(stored, StoredArray):
            return _of_array(stored)
        assert stored.values is not None  # only odd ones have none
        asked = max(stored.bytes, stored.values.count * stored.values.dtype.itemsize)
        if asked > self.size:
            raise FaultError(f"has {self.size} bytes but asks for {asked} bytes of memory")
        if stored.bytes == 0:
            return torch.empty(stored.shape, dtype=stored.dtype)
        values = self._values(stored.values, stored.dtype)
        sides = zip(stored.shape, stored.strides, strict=True)
        last = stored.offset + sum((side - 1) * step for side, step in sides)
        if last >= len(values):
            raise FaultError("has a tensor that is larger than its storage")
        return values.as_strided(stored.shape, stored.strides, stored.offset)

    def _values(self, stored: StoredValues, dtype: torch.dtype) -> torch.Tensor:
        """Return a whole storage as a flat tensor."""
        if stored.key not in self._read:
            part = self._parts(stored) if stored.raw is None else bytearray(stored.raw)
            if not part:
                raise FaultError("has a tensor that is larger than its storage")
            self._read[stored.key] = torch.frombuffer(part, dtype=torch.uint8)
        raw = self._read[stored.key]
        return raw[: len(raw) // dtype.itemsize * dtype.itemsize].view(dtype)


@contextmanager
def open_torch_file(path: Path) -> Iterator[TorchFile]:
    """Open a file of `torch.save` of any age. Nothing in it is run.

    What an archive claims has been checked before (`file_sizes.check_archive`).

    Raises
    ------
    FaultError
        If it is damaged, or made to harm.
    OSError, zipfile.BadZipFile
        If it cannot be read.
    """
    size = path.stat().st_size
    with open_regular(path) as file:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                yield _in_archive(archive, file, size)
        else:
            file.seek(0)
            yield _of_old_format(file, size)


def _in_archive(archive: zipfile.ZipFile, file: BinaryIO, size: int) -> TorchFile:
    entries = {entry.filename: entry for entry in archive.infolist()}
    pickled = next((name for name in entries if name.endswith("/data.pkl")), None)
    if pickled is None:
        raise FaultError("is a zip archive, but not one of torch.save")
    folder = pickled.removesuffix("data.pkl")
    order = entries.get(f"{folder}byteorder")
    if order is not None and order.file_size < 16 and _entry(archive, order, file) == b"big":
        raise FaultError("has the numbers of a big-endian machine")
    if entries[pickled].file_size > _PICKLE_BYTES:
        raise FaultError("has a pickle of no possible size")

    def part(stored: StoredValues) -> bytearray:
        entry = entries.get(f"{folder}data/{stored.key}")
        if entry is None:
            raise FaultError(f"is incomplete: the part data/{stored.key[:20]} is missing")
        values = _entry(archive, entry, file)
        opened.damaged += zlib.crc32(values) != entry.CRC
        return values

    content = read_pickle(io.BytesIO(_entry(archive, entries[pickled], file)))
    opened = TorchFile(content, part, size)
    return opened


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, file: BinaryIO) -> bytearray:
    """Read an entry without its checksum, which torch can be told to leave wrong."""
    if entry.compress_type != zipfile.ZIP_STORED:
        return bytearray(archive.read(entry))
    file.seek(entry.header_offset)
    header = file.read(30)
    if len(header) < 30:
        raise FaultError("is damaged: it ends too early")
    file.seek(sum(struct.unpack("<2H", header[26:30])), 1)
    return _bytes(file, entry.file_size)


def _bytes(file: BinaryIO, count: int) -> bytearray:
    values = bytearray(count)
    if file.readinto(values) != count:  # type: ignore[attr-defined]
        raise FaultError("is damaged: it ends too early")
    return values


def _of_old_format(file: BinaryIO, size: int) -> TorchFile:
    storages: dict[str, StoredValues] = {}
    magic = read_pickle(file)
    if magic != _MAGIC:  # a pickle of its own, such as a dict of NumPy arrays
        return TorchFile(magic, _no_part, size)
    protocol, system = read_pickle(file), read_pickle(file)
    if protocol != 1001 or not isinstance(system, dict):
        raise FaultError("is damaged: its beginning is not that of torch.save")
    if system.get("little_endian") is False:
        raise FaultError("has the numbers of a big-endian machine")
    content, keys = read_pickle(file, storages), read_pickle(file)
    places = _places(file, keys if isinstance(keys, list) else [], storages, size)

    def part(stored: StoredValues) -> bytearray:
        if stored.key not in places:
            raise FaultError("is incomplete: a part is missing")
        start, count = places[stored.key]
        file.seek(start)
        return _bytes(file, count)

    return TorchFile(content, part, size)


def _places(
    file: BinaryIO, keys: list[Any], storages: dict[str, StoredValues], size: int
) -> dict[str, tuple[int, int]]:
    """Return where each storage begins in the file, and its bytes."""
    places: dict[str, tuple[int, int]] = {}
    position = file.tell()
    for key in map(str, keys):
        file.seek(position)
        head = file.read(8)
        if len(head) < 8 or key not in storages:
            raise FaultError("is damaged: it ends too early")
        count = struct.unpack("<q", head)[0] * storages[key].dtype.itemsize
        if not 0 <= count <= size - position - 8:
            raise FaultError("is damaged: it ends too early")
        places[key] = (position + 8, count)
        position += 8 + count
    return places


def _no_part(_stored: StoredValues) -> bytearray:
    raise FaultError("is incomplete: the values of its tensors are missing")


def _of_array(stored: StoredArray) -> torch.Tensor:
    assert stored.dtype is not None  # it is not odd
    if stored.dtype.order not in ("<", ">", "|", "="):
        raise FaultError("has a NumPy array of no possible kind")
    dtype = np.dtype(f"{stored.dtype.order}{stored.dtype.code}")
    data = stored.data.encode("latin-1") if isinstance(stored.data, str) else stored.data
    if math.prod(stored.shape) * dtype.itemsize != len(data):
        raise FaultError("has a NumPy array that claims another size than it has")
    flat = np.frombuffer(data, dtype).astype(dtype.newbyteorder("="))
    order: Literal["C", "F"] = "F" if stored.columns_first else "C"
    return torch.from_numpy(np.ascontiguousarray(flat.reshape(stored.shape, order=order)))
