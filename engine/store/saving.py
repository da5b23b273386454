"""Arrays of a saved analysis, written a part at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.cancel import Check
from engine.selective import FrameMaps
from engine.store.arrays import CHUNK, GrowingArray
from engine.store.map_volumes import NAMES
from engine.types import Float32Array

_PARTS = ("relevance", "motion", "static")

Shape = tuple[int, int, int]


def write_steps(
    group: Any,
    names: tuple[str, ...],
    shape: Shape,
    read: Callable[[int, int], tuple[Float32Array, ...]],
    check: Check,
) -> None:
    """Write arrays of these names, (M, h, w), from what reads all of them by range."""
    arrays = [GrowingArray(group, name, shape) for name in names]
    for start in range(0, shape[0], CHUNK):
        check()
        parts = read(start, min(start + CHUNK, shape[0]))
        for array, part in zip(arrays, parts, strict=True):
            array.append(part)


def write_maps(
    group: Any, shape: Shape, read: Callable[[int, int], tuple[Float32Array, ...]], check: Check
) -> None:
    """Write both maps of evidence."""
    write_steps(group, NAMES, shape, read, check)


def write_parts(
    group: Any, shape: Shape, read: Callable[[int, int], FrameMaps], check: Check
) -> None:
    """Write the relevance of every frame, its motion part and its static part."""

    def parts(start: int, stop: int) -> tuple[Float32Array, ...]:
        maps = read(start, stop)
        return maps.relevance, maps.motion, maps.static

    write_steps(group, _PARTS, shape, parts, check)
