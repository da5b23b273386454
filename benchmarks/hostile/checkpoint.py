"""Files of weights that are spoiled, or made to harm: `torch.save` of both formats, safetensors."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import torch
from safetensors.torch import save

from benchmarks.hostile.spoil import nested, odd_value, spoiled_bytes, spoiled_file, spoiled_tree

_SIZES = (0, 1, 4, 16, 2**16, 2**31, 2**40, 2**63 - 1)
_DTYPES = ("F32", "F16", "F64", "BF16", "I64", "I8", "U64", "BOOL", "C64", "F8_E4M3", "F4", "")
_TORCH_DTYPES = (
    *(torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64, torch.int8),
    *(torch.bool, torch.complex64, torch.float8_e4m3fn),
)
_LIKELY: tuple[bytes, ...] = (
    *(b"]", b"}", b"(", b")", b"N", b"0", b"1", b"2", b"a", b"s", b"e", b"u", b"\x85", b"\x86"),
    *(b"t", b"R", b"b", b"\x81", b"Q", b"q\x00", b"h\x00", b"\x94", b"K\x07", b"X\1\0\0\0a"),
    *(b"\x8b\xff\xff\xff\x7f", b"r\xff\xff\xff\x7f", b"ccollections\nOrderedDict\n"),
    *(b"ctorch._utils\n_rebuild_tensor_v2\n", b"cos\nsystem\n", b"I99999999999\n"),
)
"""Operations of pickles, as likely as they come in pickles of harm."""


class _Runs:
    """Runs code where it is unpickled: the canary of the harness."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("import os; os.system('touch /tmp/motion-inspector-fuzz-ran')",))


@cache
def _state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {"fc.weight": torch.rand(4, 6), "fc.bias": torch.rand(4), "bn.count": torch.tensor(3)}


def _saved(content: Any, *, new: bool = True) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, _use_new_zipfile_serialization=new)
    return file.getvalue()


def hostile_checkpoint(folder: Path, random: Random) -> Path:
    """Write a file of weights, and return its path."""
    path = folder / random.choice(("best.pth", "best.pt", "best.safetensors", "best.bin"))
    path.write_bytes(random.choice(_MAKERS)(random))
    return spoiled_file(path, random, often=0.3)


def _of_save(random: Random) -> bytes:
    content: Any = {"state_dict": dict(_state()), "epoch": 3, "args": odd_value(random)}
    if random.random() < 0.3:
        content = {**content, "lr": nested(300, random)}
    return _saved(content, new=random.random() < 0.7)


def _odd_tensors(random: Random) -> bytes:
    odd: tuple[Any, ...] = (
        torch.zeros(2, dtype=torch.complex64),
        torch.zeros(2, dtype=torch.int64),
        torch.zeros(1).expand(10**9),
        torch.zeros(3).to_sparse(),
        torch.zeros(4).as_strided((10**6, 10**6), (0, 0)),
        torch.zeros(0),
        torch.full((4, 6), float("nan")),
    )
    state = {**_state(), random.choice(("fc.weight", "x", "\x1b[0m", "")): random.choice(odd)}
    return _saved(state)


def _shared(random: Random) -> bytes:
    """Return a pickle of lists that share one another: small, but exponential to walk."""
    value: Any = [torch.zeros(1)] if random.random() < 0.5 else []
    for _ in range(random.choice((5, 40, 200))):
        pairs = {"a": value, "b": value}
        value = random.choice(([value, value], [value, value], (value, value), pairs))
    if isinstance(value, list) and random.random() < 0.3:
        value.append(value)
    return _saved({"state_dict": value, **_state()})


def _many(random: Random) -> bytes:
    return _saved({f"a{i}": 0 for i in range(random.choice((10, 20_000)))} | _state())


def _running(random: Random) -> bytes:
    return _saved({**_state(), "x": _Runs()}, new=random.random() < 0.5)


def _spoiled_pickle(random: Random) -> bytes:
    """Return an archive whose pickle is spoiled, its checksum right."""
    source, target = zipfile.ZipFile(io.BytesIO(_saved({"state_dict": _state()}))), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            raw = source.read(name)
            if name.endswith("data.pkl"):
                raw = random.choice((spoiled_bytes(raw, random), _program(random)))
            archive.writestr(name, raw)
    return target.getvalue()


def _program(random: Random) -> bytes:
    """Return a pickle of random opcodes, with large counts in them."""
    codes = [code.code.encode("latin-1") for code in _OPCODES]
    if random.random() < 0.5:
        likely = b"".join(random.choices(_LIKELY, k=random.choice((5, 50, 2000))))
        return b"\x80\x02" + likely + b"."
    raw = b"\x80\x02" + b"".join(
        random.choice(codes)
        + random.choice((b"", b"\0", b"\xff\xff\xff\x7f", b"os\nsystem\n", b"1\n"))
        for _ in range(random.randrange(1, 60))
    )
    return raw + b"."


def _listed(random: Random) -> bytes:
    """Return the list of a safetensors file that claims any shapes, dtypes and places."""
    names = [random.choice(("weight", "a\nb", "n" * 1000, f"w{i}")) for i in range(200)]
    listed = {
        name: {
            "dtype": random.choice(_DTYPES),
            "shape": random.choices(_SIZES, k=random.randint(0, 3)),
            "data_offsets": random.choices(_SIZES, k=2),
        }
        for name in names[: random.choice((1, 3, 200))]
    }
    header = json.dumps(listed).encode() + b" " * random.choice((0, 8, 2**20))
    length = random.choice((len(header), len(header), random.choice(_SIZES)))
    return struct.pack("<Q", length) + header + bytes(random.choice((0, 64)))


def _of_dtypes(random: Random) -> bytes:
    """Return a sound file, of numbers of any kind and of any values."""
    state = {
        name: torch.full(shape, random.choice((0.0, 1.0, float("nan")))).to(
            random.choice(_TORCH_DTYPES)
        )
        for name, shape in (("fc.weight", (4, 6)), ("fc.bias", random.choice(((4,), (), (0,)))))
    }
    return _saved(state, new=random.random() < 0.7)


def _safetensors(random: Random) -> bytes:
    raw = save({"a": torch.rand(4, 6), "b": torch.rand(4)})
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + size])
    text = json.dumps(spoiled_tree(header, random), default=str).encode()
    claim = random.choice((len(text), len(text), len(text), 2**63, 0, len(text) * 2))
    return struct.pack("<Q", claim) + text + raw[8 + size :]


def _archive(random: Random) -> bytes:
    """Return a zip that unpacks to much, or whose names lead elsewhere."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            random.choice(("a/data.pkl", "../../data.pkl", "/data.pkl")), pickle.dumps({})
        )
        archive.writestr("a/data/0", b"\0" * random.choice((10, 2**24)))
        archive.writestr("a/version", "3")
    return target.getvalue()


def _opcodes() -> tuple[Any, ...]:
    import pickletools

    return tuple(pickletools.opcodes)


_OPCODES = _opcodes()
_MAKERS = (
    *(_of_save, _odd_tensors, _shared, _many, _running, _spoiled_pickle, _spoiled_pickle),
    *(_safetensors, _safetensors, _listed, _of_dtypes, _archive),
)
