"""Folders of analyses that would fill the memory, or never end, if what they say were believed.

`python -m tests.engine.store.bombs FOLDER` reads a valid folder spoiled by each of them, with 1 GB
of memory, and prints a line for each.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.store import DOCUMENT, Analysis
from engine.store.zarr_files import encode, read_layout

MOST_BYTES = 2**30

_HUGE = 2**40
_ARRAY = "arrays.zarr/sampled_relevance"
_BLOCK_BYTES = 2**17

Bomb = Callable[[Path], object]


def _changed(*keys: str | int, value: Any) -> Bomb:
    """Return a bomb that puts a value in a place of analysis.json, as of before checksums."""

    def spoil(folder: Path) -> None:
        document = json.loads((folder / DOCUMENT).read_text())
        document.pop("checksum", None)
        inside: Any = document
        for key in keys[:-1]:
            inside = inside[key]
        inside[keys[-1]] = value
        (folder / DOCUMENT).write_text(json.dumps(document))

    return spoil


def _sparse(name: str) -> Bomb:
    """Return a bomb that makes a file huge without filling the disk."""
    return lambda folder: os.truncate(folder / name, _HUGE)


def _text(name: str, text: str, times: int) -> Bomb:
    return lambda folder: (folder / name).write_text(text * times)


def _linked(name: str) -> Bomb:
    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to("/dev/zero")

    return spoil


def _piped(name: str) -> Bomb:
    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return spoil


def _shape(folder: Path) -> None:
    """Make an array of 4 TB in chunks of 4 GB."""
    path = folder / _ARRAY / "zarr.json"
    described = json.loads(path.read_text())
    described["shape"] = [10**6, 1000, 1000]
    described["chunk_grid"]["configuration"]["chunk_shape"] = [1000, 1000, 1000]
    path.write_text(json.dumps(described))


def _tiny_chunks(folder: Path) -> None:
    path = folder / _ARRAY / "zarr.json"
    described = json.loads(path.read_text())
    described["chunk_grid"]["configuration"]["chunk_shape"] = [1, 1, 1]
    path.write_text(json.dumps(described))


def _lying_frame(folder: Path) -> None:
    """Make a chunk of 8 GB of zeros whose head tells the size that is expected, see RFC 8878."""
    size = _layout(folder).chunk_bytes
    block = (1 << 1 | _BLOCK_BYTES << 3).to_bytes(3, "little") + b"\0"
    last = (1 | 1 << 1 | _BLOCK_BYTES << 3).to_bytes(3, "little") + b"\0"
    head = b"\x28\xb5\x2f\xfd\xa0" + size.to_bytes(4, "little")
    _chunk(folder).write_bytes(head + block * 2**16 + last)


def _many_frames(folder: Path) -> None:
    layout = _layout(folder)
    one = encode(np.zeros(layout.chunks, np.float32), layout)
    _chunk(folder).write_bytes(one * (2**24 // len(one)))


def _layout(folder: Path) -> Any:
    path = folder / _ARRAY
    shape = tuple(json.loads((path / "zarr.json").read_text())["shape"])
    return read_layout(path, shape=shape, chunks=None, dtype="float32")


def _chunk(folder: Path) -> Path:
    return folder / _ARRAY / "c/0/0/0"


BOMBS: dict[str, Bomb] = {
    "sparse document": _sparse(DOCUMENT),
    "sparse description": _sparse(f"{_ARRAY}/zarr.json"),
    "sparse chunk": _sparse(f"{_ARRAY}/c/0/0/0"),
    "deep document": _text(DOCUMENT, "[", 10**6),
    "deep description": _text(f"{_ARRAY}/zarr.json", '{"a":', 10**5),
    "many values": _text(DOCUMENT, "[{}," + "{}," * 20, 10**6),
    "long number": _text(DOCUMENT, "9", 10**7),
    "range": _changed("range", value=[0, 10**18]),
    "window": _changed("windows", 0, "start_step", value=10**18),
    "window's frames": _changed("windows", 0, "frames", value=[10**18] * 10**6),
    "time step": _changed("windows", 0, "time_step", value=10**18),
    "disagreement": _changed("windows", 0, "disagreement", value=1e308),
    "model's frames": _changed("model", "frames", value=10**18),
    "model's crop": _changed("model", "crop", value=[10**9, 10**9]),
    "labels": _changed("model", "labels", value=["x"] * 3 * 10**6),
    "size": _changed("video", "size", value=[10**9, 10**9]),
    "shape": _shape,
    "tiny chunks": _tiny_chunks,
    "lying frame": _lying_frame,
    "many frames": _many_frames,
    "endless document": _linked(DOCUMENT),
    "endless chunk": _linked(f"{_ARRAY}/c/0/0/0"),
    "piped document": _piped(DOCUMENT),
    "piped chunk": _piped(f"{_ARRAY}/c/0/0/0"),
}


def _read(folder: Path) -> None:
    """Read all that showing an analysis reads."""
    analysis = Analysis.open(folder)
    analysis.read_steps(0, len(analysis.step_frames))
    analysis.document(preset="recommended", sigma=1.0)


def _verdict(folder: Path) -> str:
    try:
        _read(folder)
    except EngineError:
        return "refused"
    except BaseException as error:  # noqa: BLE001 - printed, whatever it is
        return f"{type(error).__name__}: {error}"[:200]
    return "read"


def main(valid: Path) -> None:
    """Read a folder spoiled by each bomb, and print how that ended."""
    sys.stdout.write(f"nothing: {_verdict(valid)}\n")
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for name, spoil in BOMBS.items():
        folder = Path(shutil.copytree(valid, valid.with_name("spoiled")))
        spoil(folder)
        sys.stdout.write(f"{name}: {_verdict(folder)}\n")
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
