"""The files of a saved analysis, checked before any of them is decoded."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.store.arrays import ARRAYS, Facts, StoredArray, layout_of, read_whole
from engine.store.document import Header
from engine.store.map_volumes import NAMES
from engine.store.saving import PARTS, RELEVANCE
from engine.store.window_evidence import STEPS
from engine.store.zarr_files import (
    DESCRIPTION,
    FileFacts,
    Layout,
    TornError,
    check_group,
    name_of,
    read_layout,
    torn_chunk,
)
from engine.types import Float32Array, Float64Array
from engine.utils.bounded_files import read_bounded
from engine.utils.schema import convert

LOGITS, STEP_LOGITS = "logits", "step_logits"

_NUMBERS = (LOGITS, STEP_LOGITS, STEPS)
_OF_SYSTEMS = (".DS_Store", "Thumbs.db", "desktop.ini")
_MOST_NUMBER_BYTES = 2**29
_MOST_HASHED_BYTES = 2**28
"""Files up to this together are hashed at opening, in about 0.3 s; others when they are read."""


@dataclass(frozen=True, slots=True)
class SavedFiles:
    """Arrays that were found whole in a folder, and the facts of their files that are known."""

    group: Path
    layouts: Mapping[str, Layout]
    facts: Facts
    zeros: frozenset[tuple[str, int]]

    def array(self, name: str) -> StoredArray:
        """Return an array of maps, to be read lazily."""
        zeros = frozenset(number for array, number in self.zeros if array == name)
        return StoredArray(self.group, name, self.layouts[name], self.facts, zeros)

    def logits(self) -> Float32Array:
        """Return the outputs for each window, float32 (W, K)."""
        logits: Float32Array = self._whole(LOGITS)
        return logits

    def step_logits(self) -> Float32Array | None:
        """Return the outputs at each time step of the model, float32 (W, S, K), if it has some."""
        rows: Float32Array | None = (
            self._whole(STEP_LOGITS) if STEP_LOGITS in self.layouts else None
        )
        return rows

    def log2_steps(self) -> Float64Array | None:
        """Return the steps of the evidence, float64 (W, 4, K), if it was measured."""
        steps: Float64Array | None = self._whole(STEPS) if STEPS in self.layouts else None
        return steps

    def _whole(self, name: str) -> Any:
        return read_whole(self.group / name, self.layouts[name], self.facts)


def open_files(folder: Path, header: Header, document: Mapping[str, Any]) -> SavedFiles:
    """Check the arrays of an analysis folder against its document, without decoding them.

    Raises
    ------
    TornError
        If a file is missing, was added, or is not what was written.
    OSError, ValueError
        If the arrays are not described as this program writes them.
    """
    group = folder / ARRAYS
    kept = _kept(document)
    names = _entries(group, TornError(folder, f"{ARRAYS} is missing or is no folder"))
    check_group(group)
    layouts = {}
    for name in _needed(document, names):
        if name not in names:
            raise TornError(folder, f"{name} is missing")
        layouts[name] = _layout(group / name, header, len(document["windows"]))
    for name in sorted(names - layouts.keys() - {DESCRIPTION}):
        raise TornError(folder, f"{name} is none of them")
    numbers = [_bytes(layouts[name]) for name in _NUMBERS if name in layouts]
    if sum(numbers) > _MOST_NUMBER_BYTES:
        raise ValueError("the outputs of the windows are larger than memory should hold")
    found, zeros = _sizes(group, layouts, document, kept)
    _compare(folder, found, kept)
    return SavedFiles(group, layouts, kept, zeros)


def facts_of(document_facts: Facts) -> dict[str, dict[str, Any]]:
    """Return facts of files as analysis.json has them: sizes, as ever, and checksums."""
    facts = {f"{ARRAYS}/{name}": one for name, one in sorted(document_facts.items())}
    return {
        "files": {name: one.size for name, one in facts.items()},
        "checksums": {name: one.digest for name, one in facts.items()},
    }


def _kept(document: Mapping[str, Any]) -> Facts:
    sizes = convert(document.get("files") or {}, dict[str, int], "files")
    digests = convert(document.get("checksums") or {}, dict[str, str], "checksums")
    if digests and digests.keys() != sizes.keys():
        raise ValueError("there are not as many checksums as files")
    start = len(ARRAYS) + 1
    return {name[start:]: FileFacts(size, digests.get(name, "")) for name, size in sizes.items()}


def _needed(document: Mapping[str, Any], names: set[str]) -> list[str]:
    """Return the arrays that there must be, and those that there may be where they are."""
    needed = [RELEVANCE, LOGITS, *(NAMES if "maps" in document else ())]
    if any(isinstance(window, dict) and window.get("evidence") for window in document["windows"]):
        needed.append(STEPS)
    needed += [name for name in (STEP_LOGITS,) if name in names]
    return needed + (list(PARTS) if names.intersection(PARTS) else [])


def _layout(folder: Path, header: Header, windows: int) -> Layout:
    classes = len(header.spec.labels)
    if folder.is_symlink() or (folder / DESCRIPTION).is_symlink():
        raise ValueError(f"{folder.name} is a link")
    if folder.name == LOGITS:
        return read_layout(folder, (windows, classes), None, "float32")
    if folder.name == STEP_LOGITS:
        return read_layout(folder, (windows, None, classes), None, "float32")
    if folder.name == STEPS:
        return read_layout(folder, (windows, 4, classes), None, "float64")
    planes = header.stop - header.start if folder.name in PARTS else len(header.step_frames)
    shape = (planes, *header.spec.crop)
    return read_layout(folder, shape, layout_of(shape).chunks, "float32")


def _bytes(layout: Layout) -> int:
    return int(np.prod(layout.shape, dtype=object)) * np.dtype(layout.dtype).itemsize


def _sizes(
    group: Path, layouts: Mapping[str, Layout], document: Mapping[str, Any], kept: Facts
) -> tuple[dict[str, int], frozenset[tuple[str, int]]]:
    """Return the size of every file that there must be, and the chunks left out as zero."""
    found = {DESCRIPTION: _size(group / DESCRIPTION)}
    zeros = set()
    for name, layout in layouts.items():
        folder = group / name
        found[f"{name}/{DESCRIPTION}"] = _size(folder / DESCRIPTION)
        _check_added(folder, layout)
        for place in layout.places():
            key = f"{name}/{name_of(place)}"
            size = _size(group / key)
            left_out = key not in kept if kept else name in PARTS[1:]
            if size is None and left_out and name not in _NUMBERS:
                zeros.add((name, place[0]))
            elif size is None:
                raise torn_chunk(folder, place, "is missing")
            elif size < 0 or size > layout.most_stored_bytes:
                raise torn_chunk(folder, place, "is no file, or too large")
            else:
                found[key] = size
    return {key: size for key, size in found.items() if size is not None}, frozenset(zeros)


def _check_added(folder: Path, layout: Layout) -> None:
    """Refuse files beside the chunks of an array, which Zarr would not have written."""
    broken = TornError(folder.parents[1], f"{folder.name} has no chunks")
    for name in _entries(folder, broken) - {"c", DESCRIPTION}:
        raise TornError(folder.parents[1], f"{folder.name}/{name} is none of them")
    known = {str(number) for number in range(layout.grid[0])}
    for name in _entries(folder / "c", broken) - known:
        raise TornError(folder.parents[1], f"chunk {name} of {folder.name} is none of them")


def _compare(folder: Path, found: Mapping[str, int], kept: Facts) -> None:
    if not kept:
        return
    for name in sorted(kept.keys() ^ found.keys()):
        what = "is none of them" if name in found else "is missing"
        raise TornError(folder, f"{name} {what}")
    for name, size in found.items():
        if size != kept[name].size:
            raise TornError(folder, f"{name} has {size} bytes, not {kept[name].size}")
    if sum(found.values()) > _MOST_HASHED_BYTES:
        return
    for name, facts in kept.items():
        if facts.digest and FileFacts.of(read_bounded(folder / ARRAYS / name, facts.size)) != facts:
            raise TornError(folder, f"{name} is not what was written")


def _entries(folder: Path, missing: TornError) -> set[str]:
    try:
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            raise missing
        names = set(os.listdir(folder))
    except OSError as error:
        raise missing from error
    return {name for name in names if name not in _OF_SYSTEMS and not name.startswith("._")}


def _size(path: Path) -> int | None:
    """Return the bytes of a file, None where there is none, -1 for anything else and for links."""
    try:
        facts = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) else -1
