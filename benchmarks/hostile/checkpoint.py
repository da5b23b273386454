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
        value = [value, value] if random.random() < 0.9 else {"a": value, "b": value}
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
    raw = b"\x80\x02" + b"".join(
        random.choice(codes)
        + random.choice((b"", b"\0", b"\xff\xff\xff\x7f", b"os\nsystem\n", b"1\n"))
        for _ in range(random.randrange(1, 60))
    )
    return raw + b"."


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
    *(_safetensors, _safetensors, _archive),
)
