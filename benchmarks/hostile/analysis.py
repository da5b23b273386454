"""Folders of analyses that are spoiled: the document, the metadata of arrays, and chunks."""

from __future__ import annotations

import gzip
import json
import shutil
from functools import cache
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from benchmarks.hostile.spoil import json_text, replaced, spoiled_bytes, spoiled_tree

_BOMBS = (gzip.compress(bytes(100)), gzip.compress(bytes(2**24)), b"[" + b"{}," * 4_000_000)
"""Small or simple, but much once they are read."""


def mutated_analysis(folder: Path, random: Random) -> Path:
    """Return a spoiled copy of a small valid analysis, in a folder."""
    return spoiled_folder(_valid(), folder, random)


def spoiled_folder(valid: Path, folder: Path, random: Random) -> Path:
    """Return a spoiled copy of an analysis, in a folder; at times no folder is left of it."""
    target = folder / "analysis"
    shutil.copytree(valid, target)
    spoil_folder(target, random)
    if random.random() < 0.02:
        replaced(target, random)
    return target


def spoil_folder(folder: Path, random: Random) -> None:
    """Spoil one to three parts of an analysis in its place."""
    for _ in range(random.choice((1, 1, 2, 3))):
        files = sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
        if files:
            _spoil(_chosen(files, random), random)


def _chosen(files: list[Path], random: Random) -> Path:
    documents = [path for path in files if path.suffix == ".json"]
    return random.choice(documents if documents and random.random() < 0.7 else files)


def _spoil(path: Path, random: Random) -> None:
    chance = random.random()
    if chance < 0.1 or path.is_symlink() or not path.is_file():
        replaced(path, random)
    elif path.stat().st_size > 2**26 or chance < 0.15:  # spoiled before, by a file without end
        path.unlink()
    elif chance < 0.17:
        _mix(path, random)
    elif chance < 0.2:
        path.write_bytes(random.choice(_BOMBS))
    elif path.suffix == ".json" and chance < 0.85:
        try:
            tree = json.loads(path.read_text())
        except (ValueError, OSError, RecursionError):
            return
        path.write_text(json_text(spoiled_tree(tree, random), random), errors="replace")
    else:
        path.write_bytes(spoiled_bytes(path.read_bytes(), random))


def _mix(path: Path, random: Random) -> None:
    """Put another file of the folder in the place of one, or a copy under another name."""
    others = [one for one in path.parent.rglob("*") if one.is_file() and one.stat().st_size < 2**26]
    name = random.choice(("9", ".zarray", ".zgroup", "more", path.name))
    source = random.choice(others)
    if source != path.with_name(name):
        shutil.copy(source, path.with_name(name))


@cache
def _valid() -> Path:
    from tests.engine.store.analyses import filled

    folder = Path(mkdtemp(prefix="motion-inspector-fuzz-"))
    analysis = filled(folder / "growing")
    analysis.save(folder / "saved", preset="recommended", sigma=1.0)
    return folder / "saved"
