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


def mutated_analysis(folder: Path, random: Random) -> Path:
    """Return a spoiled copy of a small valid analysis, in a folder."""
    return spoiled_folder(_valid(), folder, random)


def spoiled_folder(valid: Path, folder: Path, random: Random) -> Path:
    """Copy an analysis, spoil one to three of its parts, and return its folder."""
    target = folder / "analysis"
    shutil.copytree(valid, target)
    for _ in range(random.choice((1, 1, 2, 3))):
        files = sorted(path for path in target.rglob("*") if not path.is_dir() or path.is_symlink())
        if files:
            _spoil(_chosen(files, random), random)
    if random.random() < 0.02:
        replaced(target, random)
    return target


def _chosen(files: list[Path], random: Random) -> Path:
    documents = [path for path in files if path.suffix == ".json"]
    return random.choice(documents if documents and random.random() < 0.7 else files)


def _spoil(path: Path, random: Random) -> None:
    chance = random.random()
    if chance < 0.1 or path.is_symlink() or not path.is_file():
        replaced(path, random)
    elif path.stat().st_size > 2**26 or chance < 0.15:  # spoiled before, by a file without end
        path.unlink()
    elif chance < 0.2:
        path.write_bytes(gzip.compress(b"\0" * random.choice((100, 2**24))))
    elif path.suffix == ".json" and chance < 0.85:
        try:
            tree = json.loads(path.read_text())
        except (ValueError, OSError, RecursionError):
            return
        path.write_text(json_text(spoiled_tree(tree, random), random), errors="replace")
    else:
        path.write_bytes(spoiled_bytes(path.read_bytes(), random))


@cache
def _valid() -> Path:
    from tests.engine.store.analyses import filled

    folder = Path(mkdtemp(prefix="motion-inspector-fuzz-"))
    analysis = filled(folder / "growing")
    analysis.save(folder / "saved", preset="recommended", sigma=1.0)
    return folder / "saved"
