"""Arrays of a saved analysis, written a part at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.cancel import Check
from engine.selective import FrameMaps
from engine.store.arrays import CHUNK, Facts, GrowingArray
from engine.store.map_volumes import NAMES
from engine.types import Float32Array

RELEVANCE = "sampled_relevance"
PARTS = ("relevance", "motion", "static")

Shape = tuple[int, int, int]


def write_steps(
    group: Path,
    names: tuple[str, ...],
    shape: Shape,
    read: Callable[[int, int], tuple[Float32Array, ...]],
    check: Check,
) -> Facts:
    """Write arrays of these names, (M, h, w), from what reads all of them by range.

    Returns the facts of the files.
    """
    arrays = [GrowingArray(group, name, shape) for name in names]
    for start in range(0, shape[0], CHUNK):
        check()
        parts = read(start, min(start + CHUNK, shape[0]))
        for array, part in zip(arrays, parts, strict=True):
            array.append(part)
    return {name: facts for array in arrays for name, facts in array.facts.items()}


def write_maps(
    group: Path, shape: Shape, read: Callable[[int, int], tuple[Float32Array, ...]], check: Check
) -> Facts:
    """Write both maps of evidence."""
    return write_steps(group, NAMES, shape, read, check)


def write_parts(
    group: Path, shape: Shape, read: Callable[[int, int], FrameMaps], check: Check
) -> Facts:
    """Write the relevance of every frame, its motion part and its static part."""

    def parts(start: int, stop: int) -> tuple[Float32Array, ...]:
        maps = read(start, stop)
        return maps.relevance, maps.motion, maps.static

    return write_steps(group, PARTS, shape, parts, check)
