"""Folders of analyses as strangers, bad disks and half copies leave them."""

from __future__ import annotations

import json
import os
import random as randoms
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HOSTILE: tuple[Any, ...] = (
    None, True, -1, 0, 1, 10**18, 10**30, 1e308, -0.5, float("nan"), float("inf"),
    "", "=1", "\x00", "x" * 5000, [], {}, [[[[]]]], [10**18, 0], {"a": 1},
)  # fmt: skip
RAW = (b"", b"[" * 100_000, b"9" * 5_000, b"NaN", b"{}", b"\xff\xfe\x00", b"[" + b"{}," * 4_000_000)

Mutation = Callable[[Path, randoms.Random], None]


def mutated_analysis(folder: Path, random: randoms.Random) -> str:
    """Spoil one thing in a folder of an analysis, and return what."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    name = random.choice(sorted(MUTATIONS))
    if os.name == "nt" and name in _OF_UNIX:
        pytest.skip("Windows has no pipes in folders, and links need rights")
    documents = [path for path in files if path.suffix == ".json"]
    path = random.choice(documents if name in _OF_JSON else files)
    MUTATIONS[name](path, random)
    return f"{name} {path.relative_to(folder)}"


def _value(path: Path, random: randoms.Random) -> None:
    """Replace a value anywhere in a JSON file."""
    document = json.loads(path.read_text(encoding="utf-8"))
    inside, key = random.choice(list(_places(document)))
    inside[key] = random.choice(HOSTILE)
    path.write_text(json.dumps(document), encoding="utf-8")


def _removed(path: Path, random: randoms.Random) -> None:
    """Remove a value anywhere from a JSON file."""
    document = json.loads(path.read_text(encoding="utf-8"))
    inside, key = random.choice(list(_places(document)))
    del inside[key]
    path.write_text(json.dumps(document), encoding="utf-8")


def _raw(path: Path, random: randoms.Random) -> None:
    path.write_bytes(random.choice(RAW))


def _flipped(path: Path, random: randoms.Random) -> None:
    content = bytearray(path.read_bytes())
    content[random.randrange(len(content))] ^= 1 << random.randrange(8)
    path.write_bytes(content)


def _cut(path: Path, random: randoms.Random) -> None:
    os.truncate(path, random.randrange(path.stat().st_size))


def _longer(path: Path, random: randoms.Random) -> None:
    with path.open("ab") as file:
        file.write(random.randbytes(random.randrange(1, 100)))


def _pipe(path: Path, random: randoms.Random) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path, random: randoms.Random) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path, random: randoms.Random) -> None:
    path.unlink()
    path.symlink_to(random.choice(("/dev/zero", "/etc/hostname", "nowhere", path.name)))


def _added(path: Path, random: randoms.Random) -> None:
    shutil.copy(path, path.with_name(random.choice(("9", ".zarray", ".zgroup", "more"))))


def _swapped(path: Path, random: randoms.Random) -> None:
    others = [one for one in path.parent.rglob("*") if one.is_file() and one != path]
    if others:
        shutil.copy(random.choice(others), path)


def _places(values: Any) -> list[tuple[Any, Any]]:
    """Return every place in JSON values, as what holds it and its key there."""
    keys = list(values) if isinstance(values, dict) else range(len(values))
    found = [(values, key) for key in keys]
    for key in keys:
        if isinstance(values[key], dict | list):
            found += _places(values[key])
    return found


_OF_JSON = ("value", "removed")
_OF_UNIX = ("pipe", "link")
MUTATIONS: dict[str, Mutation] = {
    "value": _value,
    "removed": _removed,
    "raw": _raw,
    "flipped": _flipped,
    "cut": _cut,
    "longer": _longer,
    "pipe": _pipe,
    "folder": _folder,
    "link": _link,
    "added": _added,
    "swapped": _swapped,
    "deleted": lambda path, random: path.unlink(),
}
