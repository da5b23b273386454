"""Cost of moving the sigma slider: one frame's maps, its panes, and the clip's curves.

``python -m benchmarks.bench_sigma [--frames N] [--size PX] [--pane W H]``
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from engine.render import overlay
from engine.selective import FrameMaps, Separation
from engine.store import Analysis, Header
from engine.types import SPLIT_PRESETS, ModelSpec, Preset, Rect, Request, UInt8Array

ROW = "{:<14} {:>14} {:>10} {:>10} {:>10} {:>10}"
REPEAT = 20


def main() -> None:
    """Measure every preset and print a table, in milliseconds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--size", type=int, default=112)
    parser.add_argument("--pane", type=int, nargs=2, default=(640, 360), metavar=("W", "H"))
    options = parser.parse_args()
    analysis = analysis_of(options.frames, options.size)
    print(f"{options.frames} frames of {options.size}x{options.size}; medians of {REPEAT}, ms")
    print(ROW.format("preset", "first time", "frame", "3 panes", "curves", "all three"))
    try:
        for preset in SPLIT_PRESETS:
            print(row(analysis, preset, tuple(options.pane)), flush=True)
    finally:
        analysis.close()


def analysis_of(frames: int, size: int) -> Analysis:
    """Store noise in place of relevance, as the pipeline does."""
    spec = ModelSpec("noise", ("class",), 16, None, 1, size, (size, size), (0.5,) * 3, (0.5,) * 3)
    header = Header(
        request=Request(video=Path("noise.mp4")),
        spec=spec,
        size=(size, size),
        fps=25.0,
        start=0,
        stop=frames,
        timestamps_s=np.arange(frames) / 25,
        step_frames=np.arange(frames, dtype=np.int64),
        seen=Rect(0, 0, 1, 1),
    )
    analysis = Analysis.create(header)
    rng = np.random.default_rng(0)
    for start in range(0, frames, 8):
        shape = (min(8, frames - start), size, size)
        analysis.append([], rng.standard_normal(shape).astype(np.float32))
    return analysis


def row(analysis: Analysis, preset: Preset, pane: tuple[int, int]) -> str:
    """Time one preset: the first answer, then each part of the next ones."""
    picture = np.random.default_rng(1).integers(0, 256, (pane[1], pane[0], 3), dtype=np.uint8)
    separation = analysis.separation(preset)
    first_ms = timed(lambda: separation.curves(1.0))
    sigmas = np.linspace(0.1, 4.0, REPEAT)
    middle = analysis.frame_count // 2
    frame = [timed(partial(separation.frame, middle, sigma)) for sigma in sigmas]
    maps = separation.frame(middle, 1.0)
    panes = [timed(partial(draw, picture, maps, analysis.scale)) for _ in sigmas]
    curves = [timed(partial(separation.curves, sigma)) for sigma in sigmas]
    whole = [
        timed(partial(answer, separation, middle, sigma, picture, analysis.scale))
        for sigma in sigmas
    ]
    medians = [f"{statistics.median(part):.1f}" for part in (frame, panes, curves, whole)]
    return ROW.format(preset, f"{first_ms:.1f}", *medians)


def answer(
    separation: Separation, frame: int, sigma: float, picture: UInt8Array, scale: float
) -> None:
    """Compute all that a move of the slider changes."""
    draw(picture, separation.frame(frame, sigma), scale)
    separation.curves(sigma)


def draw(picture: UInt8Array, maps: FrameMaps, scale: float) -> None:
    """Draw the panes with heat."""
    for heat in (maps.relevance, maps.motion, maps.static):
        overlay(picture, heat, Rect(0, 0, 1, 1), scale)


def timed(work: Callable[[], object]) -> float:
    """Return the milliseconds that a piece of work took."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
