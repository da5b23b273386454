"""Hostile checkpoints: pickles and lists of tensors with any claims, and damaged ones."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import torch

_SIZES = (0, 1, 4, 16, 2**16, 2**31, 2**40, 2**63 - 1)
_DTYPES = ("F32", "F16", "F64", "BF16", "I64", "I8", "U64", "BOOL", "C64", "F8_E4M3", "F4", "")
_TORCH_DTYPES = (
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.float64,
    torch.int64,
    torch.int8,
    torch.bool,
    torch.complex64,
    torch.float8_e4m3fn,
)
_BITS: tuple[bytes, ...] = (
    *(b"]", b"}", b"(", b")", b"N", b"0", b"1", b"2", b"a", b"s", b"e", b"u", b"\x85", b"\x86"),
    *(b"t", b"R", b"b", b"\x81", b"Q", b"q\x00", b"h\x00", b"\x94", b"K\x07", b"X\1\0\0\0a"),
    *(b"\x8b\xff\xff\xff\x7f", b"r\xff\xff\xff\x7f", b"ccollections\nOrderedDict\n"),
    *(b"ctorch._utils\n_rebuild_tensor_v2\n", b"cos\nsystem\n", b"I99999999999\n"),
)
"""Operations of pickles, as likely as they come in pickles of harm."""


def hostile_checkpoint(path: Path, random: Random) -> None:
    """Write a checkpoint of a random kind."""
    write = random.choice((_operations, _shared, _safetensors, _of_dtypes, _of_dtypes))
    write(path, random)
    if random.random() < 0.4:
        _damage(path, random)


def _operations(path: Path, random: Random) -> None:
    """Write an archive around operations of pickles in any order."""
    code = b"".join(random.choices(_BITS, k=random.choice((5, 50, 2_000))))
    _archive(path, b"\x80\x02" + code + b".", random)


def _shared(path: Path, random: Random) -> None:
    """Write lists, tuples or dicts that each hold the one before several times."""
    value: Any = random.choice(([], {}, (), 1, "a"))
    for _ in range(random.choice((3, 30, 90))):
        kind = random.randrange(3)
        pairs = {"state_dict": value, "model": value}
        value = ([value, value], (value, value), pairs)[kind]
    if isinstance(value, list) and random.random() < 0.5:
        value.append(value)
    _archive(path, pickle.dumps({"model": value}, 2), random)


def _safetensors(path: Path, random: Random) -> None:
    listed = {
        random.choice(("weight", "bias", "a\nb", "n" * 1_000, f"w{index}")): {
            "dtype": random.choice(_DTYPES),
            "shape": random.choices(_SIZES, k=random.randint(0, 3)),
            "data_offsets": random.choices(_SIZES, k=2),
        }
        for index in range(random.choice((1, 3, 200)))
    }
    header = json.dumps(listed).encode() + b" " * random.choice((0, 8, 2**20))
    length = random.choice((len(header), len(header), random.choice(_SIZES)))
    path.write_bytes(struct.pack("<Q", length) + header + bytes(random.choice((0, 64))))


def _of_dtypes(path: Path, random: Random) -> None:
    """Write a sound file, of numbers of any kind and of any values."""
    shapes = ((4, 4), (4,), (), (0,), (1, 4))
    state = {
        name: torch.full(random.choice(shapes), random.choice((0.0, 1.0, float("nan")))).to(
            random.choice(_TORCH_DTYPES)
        )
        for name in ("weight", "bias", "num_batches_tracked")
    }
    torch.save(state, path, _use_new_zipfile_serialization=random.random() < 0.7)


def _archive(path: Path, pickled: bytes, random: Random) -> None:
    method = random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/data/0", bytes(random.choice((0, 64, 2**22))))
    path.write_bytes(buffer.getvalue())


def _damage(path: Path, random: Random) -> None:
    raw = bytearray(path.read_bytes())
    for _ in range(random.randint(1, 8)):
        place = random.randrange(len(raw) + 1)
        raw[place : place + random.randint(0, 4)] = random.randbytes(random.randint(0, 4))
    path.write_bytes(raw)
