"""The tables of a bias report as CSV: one row a class, and one row a clip."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from engine.bias.measure import BiasClip
from engine.bias.summary import BiasSummary, ClassBias
from engine.export.whole_file import whole_file
from engine.metrics import Interval
from engine.utils.printable import text_cell

CLASS_COLUMNS = (
    "class", "clips", "videos", "right",
    "verdict", "told", "motion_share", "motion_share_low", "motion_share_high",
    "still_bits", "still_bits_low", "still_bits_high",
    "frames_bits", "frames_bits_low", "frames_bits_high",
    "order_bits", "order_bits_low", "order_bits_high",
    "changing_share", "changing_share_low", "changing_share_high", "changing_share_sd",
    "probability",
    "freeze_drop", "freeze_drop_low", "freeze_drop_high",
    "reverse_drop", "reverse_drop_low", "reverse_drop_high",
    "shuffle_drop", "shuffle_drop_low", "shuffle_drop_high", "shuffle_sd",
)  # fmt: skip
CLIP_COLUMNS = tuple(field.name for field in fields(BiasClip))


def write_classes(summary: BiasSummary, path: Path) -> None:
    """Write one row a class, lowest motion share first, and one for all clips at the end.

    Columns that end in ``_low`` and ``_high`` are 95 % intervals over videos; what is undefined
    stays empty.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    _write(path, CLASS_COLUMNS, [_row(one) for one in (*summary.classes, summary.overall)])


def write_clips(clips: Sequence[BiasClip], path: Path) -> None:
    """Write one row a clip, its columns the attributes of `BiasClip`.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    _write(
        path, CLIP_COLUMNS, [[_cell(value) for value in asdict(clip).values()] for clip in clips]
    )


def _write(path: Path, columns: Sequence[str], rows: list[list[str]]) -> None:
    with whole_file(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def _row(one: ClassBias) -> list[str]:
    numbers: list[str | int | float] = [one.label, one.clips, one.videos, one.right]
    numbers += [one.verdict, one.told]
    for figure in (one.motion_share, one.still_bits, one.frames_bits, one.order_bits):
        numbers += _three(figure)
    numbers += [*_three(one.changing_share), one.spread, one.probability]
    for drop in (one.freeze_drop, one.reverse_drop, one.shuffle_drop):
        numbers += _three(drop)
    numbers.append(one.shuffle_sd)
    return [_cell(number) for number in numbers]


def _three(interval: Interval) -> list[float]:
    return [interval.value, interval.low, interval.high]


def _cell(value: str | int | float) -> str:
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    return text_cell(value) if isinstance(value, str) else str(value)
