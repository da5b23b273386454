"""Does the relevance kept as motion lie where something moves? An analysis against optical flow.

The paper's own measure (Hiley et al. 2020, arXiv 2003.14285), with the camera's motion taken off,
noise not taken for motion, and the chance level beside it. Frames are those of the same index
that the analysis used; those whose camera could not be told are left out, for in a pan all moves.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.cancel import Check, never
from engine.metrics import FlowPrecision, magnitude_on
from engine.motion import FrameFlow, flows
from engine.render import pixel_box
from engine.store import Analysis
from engine.types import BoolArray, Float32Array, Float64Array, Int64Array, Preset
from engine.video import Video

MOVING_PX = 1.0
_CHUNK = 32


@dataclass(frozen=True, slots=True, eq=False)
class FlowCheck:
    """Agreement of an analysis with optical flow.

    Attributes
    ----------
    overall : FlowPrecision
        Over the sampled frames of the whole range whose camera was found.
    energy_px : float64 array, (N,)
        Mean motion above the noise floor of each frame in the part that the model saw, in
        pixels per frame.
    camera_found : bool array, (N,)
        Whether the camera's motion could be estimated, and was taken off.
    camera_contested : bool array, (N,)
        Whether what was taken for it may be the motion of a large thing.
    kept, moving, both : int64 arrays, (N,)
        Cells of each frame kept as motion, that move, and that do both.
    cells : int
        Cells of a frame.
    """

    overall: FlowPrecision
    energy_px: Float64Array
    camera_found: BoolArray
    camera_contested: BoolArray
    kept: Int64Array
    moving: Int64Array
    both: Int64Array
    cells: int


def check_against_flow(
    analysis: Analysis,
    video: Video,
    *,
    preset: Preset,
    sigma: float,
    kind: str = "dis",
    threshold_px: float = MOVING_PX,
    check: Check = never,
) -> FlowCheck:
    """Compare what an analysis keeps as motion with what moves in its video.

    Parameters
    ----------
    analysis : Analysis
        Complete.
    video : Video
        The one that was explained.
    preset, sigma
        How relevance is separated.
    kind : str
        One of `engine.motion.FLOWS`.
    threshold_px : float
        A cell moves where its mean motion exceeds this, in source pixels per frame. Motion
        that does not exceed the noise floor of its pixel counts as none.
    check : callable
        Called for every frame; may raise `Cancelled`.

    Raises
    ------
    EngineError
        If the flow cannot be computed or the video cannot be read.
    """
    header = analysis.header
    frames = video.frames(range(header.start, header.stop), check)
    moved = flows(frames, kind=kind, check=check)
    size, rows = header.spec.crop, []
    for kept, flow in zip(_motion_maps(analysis, preset, sigma), moved, strict=True):
        magnitude = magnitude_on(_seen(flow, analysis), size)
        rows.append(_row(kept != 0, magnitude, flow, threshold_px))
    return _summed(np.array(rows), analysis.sampled, size[0] * size[1])


def write_flow_csv(found: FlowCheck, analysis: Analysis, path: Path) -> None:
    """Write one row a frame: motion, and how what was kept agrees with it."""
    header = analysis.header
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(
            (
                *("frame", "time_s", "flow_px", "camera_found", "kept", "moving", "precision"),
                *("sampled", "camera_contested"),
            )
        )
        for i, time_s in enumerate(header.timestamps_s):
            told = found.kept[i] and found.camera_found[i]
            precision = found.both[i] / found.kept[i] if told else ""
            shares = (found.kept[i] / found.cells, found.moving[i] / found.cells)
            seen = (int(found.camera_found[i]), *shares, precision, int(analysis.sampled[i]))
            contested = int(found.camera_contested[i])
            rows.writerow((header.start + i, time_s, found.energy_px[i], *seen, contested))


def _motion_maps(analysis: Analysis, preset: Preset, sigma: float) -> Iterator[Float32Array]:
    """Yield the motion part of each frame, read in chunks."""
    separation = analysis.separation(preset)
    for start in range(0, analysis.frame_count, _CHUNK):
        stop = min(start + _CHUNK, analysis.frame_count)
        yield from separation.frames(start, stop, sigma).motion


def _seen(flow: FrameFlow, analysis: Analysis) -> Float32Array:
    """Return the motion above the noise in the part that the model saw, padded with none."""
    rect, (width, height) = analysis.header.seen, analysis.header.size
    top, bottom, left, right = pixel_box(rect, (width, height))
    inside = flow.significant[top:bottom, left:right]
    before = (max(0, round(-rect.top * height)), max(0, round(-rect.left * width)))
    after = (max(0, round((rect.bottom - 1) * height)), max(0, round((rect.right - 1) * width)))
    padded: Float32Array = np.pad(inside, tuple(zip(before, after, strict=True)))
    return padded


def _row(
    kept: BoolArray, magnitude: Float32Array, flow: FrameFlow, threshold_px: float
) -> tuple[float, ...]:
    moving = magnitude > threshold_px
    counts = (kept.sum(), moving.sum(), (kept & moving).sum())
    camera = (flow.camera_found, flow.contested)
    return (float(magnitude.mean()), *camera, *(int(count) for count in counts))


def _summed(rows: Float64Array, sampled: BoolArray, cells: int) -> FlowCheck:
    energy, found, contested = rows[:, 0], rows[:, 1] > 0, rows[:, 2] > 0
    kept, moving, both = (rows[:, column].astype(np.int64) for column in (3, 4, 5))
    used = sampled & found
    total = cells * int(used.sum())
    overall = FlowPrecision(
        precision=_ratio(both[used].sum(), kept[used].sum()),
        chance=_ratio(moving[used].sum(), total),
        kept=_ratio(kept[used].sum(), total),
        refused=1 - _ratio(used.sum(), sampled.sum()),
        contested=_ratio((contested & used).sum(), used.sum()),
    )
    return FlowCheck(overall, energy, found, contested, kept, moving, both, cells)


def _ratio(part: np.int64 | int, whole: np.int64 | int) -> float:
    return int(part) / int(whole) if whole else float("nan")
