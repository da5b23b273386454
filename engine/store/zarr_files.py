"""Arrays in the files of Zarr version 3, in the one form that this program has ever written.

Zarr itself runs whatever codecs and allocates whatever shapes a folder names. A folder may come
from a stranger, so here the description must be the one expected to the letter, and the size that
a chunk decodes to is known and compared before it is decoded. Format:
https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from engine.errors import EngineError
from engine.utils.atomic import atomic_file
from engine.utils.bounded_files import read_bounded
from engine.utils.schema import SchemaError, convert, parse_json

DESCRIPTION = "zarr.json"
MOST_CHUNK_BYTES = 2**28
"""Of a chunk when it is decoded: 32 maps of 1080 x 1920 and a little more."""

_MOST_CHUNKS = 4096
_MOST_DESCRIPTION_BYTES = 2**16
_DIGEST_BYTES = 16
_ZSTD = b"\x28\xb5\x2f\xfd"
_GROUP = {"zarr_format": 3, "node_type": "group"}
DType = Literal["float16", "float32", "float64"]
_EMPTY: tuple[object, ...] = (None, [], {})


class TornError(EngineError):
    """Some part of an analysis is missing, or is not what was written."""

    def __init__(self, folder: Path, part: str) -> None:
        super().__init__(
            f"The arrays of {folder} are torn: {part}.",
            "Copy the whole folder again, or explain the video again.",
        )


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Size in bytes of a file, and the hash of its content: 32 hexadecimal digits, "" unknown."""

    size: int
    digest: str = ""

    @classmethod
    def of(cls, raw: bytes) -> FileFacts:
        """Return those of a content."""
        return cls(len(raw), hashlib.blake2b(raw, digest_size=_DIGEST_BYTES).hexdigest())


@dataclass(frozen=True, slots=True)
class Layout:
    """Shape of an array, of its chunks, and its type."""

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: DType = "float32"

    @property
    def chunk_bytes(self) -> int:
        """Bytes of every chunk when it is decoded, also of those at the edges."""
        return math.prod(self.chunks) * np.dtype(self.dtype).itemsize

    @property
    def most_stored_bytes(self) -> int:
        """The most bytes that Zstandard makes of a chunk, and a little more."""
        return self.chunk_bytes + self.chunk_bytes // 128 + 1024

    @property
    def grid(self) -> tuple[int, ...]:
        """How many chunks there are along each axis."""
        pairs = zip(self.shape, self.chunks, strict=True)
        return tuple(-(-size // chunk) for size, chunk in pairs)

    def places(self) -> Iterator[tuple[int, ...]]:
        """Iterate over the chunks, each by its place in the grid."""
        return itertools.product(*map(range, self.grid))

    def within(self, place: tuple[int, ...]) -> tuple[slice, ...]:
        """Return the part of the array that a chunk holds."""
        parts = zip(place, self.chunks, self.shape, strict=True)
        return tuple(slice(at * chunk, min((at + 1) * chunk, size)) for at, chunk, size in parts)

    def describe(self) -> dict[str, Any]:
        """Return the description of the array, as its zarr.json has it."""
        return {
            "shape": list(self.shape),
            "data_type": self.dtype,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(self.chunks)}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": 0.0,
            "codecs": [
                {"name": "bytes", "configuration": {"endian": "little"}},
                {"name": "zstd", "configuration": {"level": 0, "checksum": False}},
            ],
            "attributes": {},
            "zarr_format": 3,
            "node_type": "array",
            "storage_transformers": [],
        }


def name_of(place: tuple[int, ...]) -> str:
    """Return the file of a chunk, from the folder of its array."""
    return "/".join(("c", *map(str, place)))


def write_group(folder: Path) -> FileFacts:
    """Describe a folder as a Zarr group."""
    return write_description(folder, {"attributes": {}, **_GROUP})


def write_description(folder: Path, described: dict[str, Any]) -> FileFacts:
    """Write the description of an array or a group."""
    raw = json.dumps(described, indent=2).encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DESCRIPTION).write_bytes(raw)
    return FileFacts.of(raw)


def check_group(folder: Path) -> None:
    """Check that a folder is a Zarr group.

    Raises
    ------
    OSError, ValueError
        If it is not.
    """
    if _read(folder) != _GROUP:
        raise ValueError(f"{folder.name} is not described as a group of Zarr 3")


def read_layout(
    folder: Path, shape: tuple[int | None, ...], chunks: tuple[int, ...] | None, dtype: str
) -> Layout:
    """Read the description of an array, which must be what is expected.

    Parameters
    ----------
    folder : Path
        Of the array.
    shape : tuple of int or None
        What it must be; None where the file decides.
    chunks : tuple of int or None
        What they must be; None takes those of the file, up to 4096.
    dtype : str
        What it must be.

    Raises
    ------
    OSError, ValueError
        If it is not.
    """
    described = _read(folder)
    size = convert(described.get("shape"), tuple[int, ...], "shape")
    grid = described.get("chunk_grid")
    inner = grid.get("configuration") if isinstance(grid, dict) else None
    cut = inner.get("chunk_shape") if isinstance(inner, dict) else None
    layout = Layout(size, convert(cut, tuple[int, ...], "chunk_shape"), known(dtype))
    expected = {k: v for k, v in layout.describe().items() if v not in _EMPTY}
    fits = len(size) == len(shape) == len(layout.chunks) and described == expected
    if not fits or any(b not in (None, a) for a, b in zip(size, shape, strict=True)):
        raise ValueError(f"{folder.name} is not described as it was written")
    if chunks is not None and layout.chunks != chunks:
        raise ValueError(f"{folder.name} has chunks of {layout.chunks}")
    _check_sizes(folder.name, layout, free=chunks is None)
    return layout


def _check_sizes(name: str, layout: Layout, *, free: bool) -> None:
    inside = all(1 <= cut <= size for cut, size in zip(layout.chunks, layout.shape, strict=True))
    many = free and math.prod(layout.grid) > _MOST_CHUNKS if inside else False
    if not inside or many or layout.chunk_bytes > MOST_CHUNK_BYTES:
        raise ValueError(f"{name} has chunks of {layout.chunks} in {layout.shape}")


def encode(values: npt.NDArray[Any], layout: Layout) -> bytes:
    """Return the values of a chunk as its file holds them, filled up with zeros at an edge."""
    from numcodecs.zstd import compress  # here: it takes time that the first window can spare

    whole = np.zeros(layout.chunks, np.dtype(layout.dtype).newbyteorder("<"))
    whole[tuple(map(slice, values.shape))] = values
    raw: bytes = compress(whole.reshape(-1), 0)
    return raw


def decode(raw: bytes, layout: Layout) -> npt.NDArray[Any]:
    """Return the values of a chunk, of the shape of all chunks.

    Raises
    ------
    ValueError
        If these are not the bytes of such a chunk.
    """
    from numcodecs.zstd import decompress

    if _decoded_size(raw) != layout.chunk_bytes:
        raise ValueError("is not as large as it should be")
    whole = np.empty(layout.chunks, np.dtype(layout.dtype).newbyteorder("<"))
    try:
        decompress(raw, whole.reshape(-1))
    except RuntimeError as error:  # what it says of half a chunk
        raise ValueError("is damaged") from error
    return whole.astype(layout.dtype, copy=False)


def write_chunk(
    folder: Path, layout: Layout, place: tuple[int, ...], values: npt.NDArray[Any]
) -> FileFacts:
    """Write a chunk, in one step."""
    raw = encode(values, layout)
    path = folder / name_of(place)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path, unique=False) as partial:
        partial.write_bytes(raw)
    return FileFacts.of(raw)


def read_chunk(
    folder: Path, layout: Layout, place: tuple[int, ...], facts: FileFacts | None = None
) -> npt.NDArray[Any]:
    """Read a chunk, which must have been written with these facts where they are known.

    Raises
    ------
    TornError
        If it is missing, or is not what was written.
    """
    try:
        raw = read_bounded(folder / name_of(place), layout.most_stored_bytes)
        if facts is not None and facts.digest and FileFacts.of(raw) != facts:
            raise ValueError("is not what was written")
        return decode(raw, layout)[tuple(slice(p.stop - p.start) for p in layout.within(place))]
    except FileNotFoundError:
        raise torn_chunk(folder, place, "is missing") from None
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error})"
        raise torn_chunk(folder, place, reason) from error
    except ValueError as error:
        raise torn_chunk(folder, place, str(error)) from error


def torn_chunk(folder: Path, place: tuple[int, ...], reason: str) -> TornError:
    """Return the error of a chunk of the array in a folder, which two folders above is named."""
    number = ", ".join(map(str, place)) if any(place[1:]) else str(place[0])
    return TornError(folder.parents[1], f"chunk {number} of {folder.name} {reason}")


def _decoded_size(raw: bytes) -> int | None:
    """Return the size that the head of a Zstandard frame tells, see RFC 8878, 3.1.1.1."""
    if not raw.startswith(_ZSTD) or len(raw) < 5:
        return None
    flags = raw[4]
    single = flags >> 5 & 1
    at = 5 + (1 - single) + (0, 1, 2, 4)[flags & 3]
    length = (single, 2, 4, 8)[flags >> 6]
    size = int.from_bytes(raw[at : at + length], "little")
    return size + 256 * (length == 2) if length else None


def _read(folder: Path) -> dict[str, Any]:
    """Return a description without its empty fields, which versions of Zarr write or leave out."""
    found = parse_json(read_bounded(folder / DESCRIPTION, _MOST_DESCRIPTION_BYTES))
    if not isinstance(found, dict):
        raise SchemaError("it is no description of Zarr")
    return {name: value for name, value in found.items() if value not in _EMPTY}


def known(dtype: str) -> Literal["float32", "float64"]:
    """Return the type of an array of that name, float32 for any other name."""
    return "float64" if dtype == "float64" else "float32"
