"""How much is called moving that is still, and still that moves, on rendered clips.

``python -m benchmarks.flow [--clips N] [--kind KIND] [--threshold PX] [--seed N]``

A pixel moves where its flow, the camera's motion taken off, exceeds the threshold and the noise
floor. Frames whose camera was refused are left out, as they are in the window. Beside the
strict count stands one without the band along the outline of the object that its step and two
pixels make: what is covered and uncovered there has no motion.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from benchmarks.flow_clips import (
    CAMERAS,
    STILL_KINDS,
    TEXTURES,
    Clip,
    Plan,
    moving_clip,
    still_clip,
)
from engine.motion import FLOWS, FrameFlow, flows
from engine.types import BoolArray, UInt8Array

OBJECT_TEXTURES = TEXTURES[:4]  # what is nearly plain shows no motion
SHARES, SPEEDS_PX, NOISES, CODINGS = (0.01, 0.03, 0.1, 0.25, 0.4), (1.5, 2, 3, 5, 8), (0, 2, 5), 3

Row = tuple[float, ...]


def main() -> None:
    """Measure and print three tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=72, help="with an object that moves")
    parser.add_argument("--kind", choices=FLOWS, default=FLOWS[0])
    parser.add_argument("--threshold", type=float, default=1.0, help="pixels per frame")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chosen = options.kind, options.threshold
    print(f"{options.kind}, threshold {options.threshold:g} px, seed {options.seed}")
    _print_still(_by_still_kind(options.seed, *chosen))
    _print_moving(_by_condition(plans(options.clips, options.seed), *chosen))
    print(f"{_milliseconds(options.kind):.0f} ms of processor time a pair of 640 x 360 pixels")


def plans(count: int, seed: int) -> list[Plan]:
    """Draw the conditions of clips: every texture and camera in turn, the rest at random."""
    rng = np.random.default_rng(seed)
    return [
        Plan(
            texture=TEXTURES[index % len(TEXTURES)],
            object_texture=OBJECT_TEXTURES[int(rng.integers(len(OBJECT_TEXTURES)))],
            camera=CAMERAS[index // len(TEXTURES) % len(CAMERAS)],
            share=float(rng.choice(SHARES)),
            speed=float(rng.choice(SPEEDS_PX)),
            noise=float(rng.choice(NOISES)),
            crf=(None, 23, 30)[int(rng.integers(CODINGS))],
            seed=1000 * seed + index,
        )
        for index in range(count)
    ]


def errors(motion: FrameFlow, truth: BoolArray, threshold_px: float, band_px: int) -> Row:
    """Compare one frame with the truth.

    Returns
    -------
    tuple of float
        Share of still pixels that are called moving, of moving ones that are called still, both
        again without the band, and whether the camera was refused and contested, 0 or 1.
    """
    called = motion.significant > threshold_px
    square = np.ones((2 * band_px + 1,) * 2, np.uint8)
    mask = truth.astype(np.uint8)
    clear = cv2.dilate(mask, square) == cv2.erode(mask, square)
    return (
        _share(called, ~truth),
        _share(~called, truth),
        _share(called, ~truth & clear),
        _share(~called, truth & clear),
        float(not motion.camera_found),
        float(motion.contested),
    )


def measured(
    clip: Clip, kind: str, threshold_px: float, band_px: int, every: int = 2
) -> Iterator[Row]:
    """Yield the errors of every so many pairs of frames."""
    moved = list(flows(clip.frames, kind=kind))[:-1]
    for motion, truth in list(zip(moved, clip.moving, strict=False))[::every]:
        yield errors(motion, truth, threshold_px, band_px)


def _share(called: BoolArray, among: BoolArray) -> float:
    return float(called[among].mean()) if among.any() else float("nan")


def _by_still_kind(seed: int, kind: str, threshold_px: float) -> dict[str, list[float]]:
    rows: defaultdict[str, list[float]] = defaultdict(list)
    for disturbed in STILL_KINDS:
        for ground in (*TEXTURES, "flat"):
            clip = still_clip(disturbed, ground, seed)
            found = np.array(list(measured(clip, kind, threshold_px, 0)))
            rows[disturbed].append(float(found[:, 0].mean()))
    return rows


def _print_still(rows: dict[str, list[float]]) -> None:
    print(f"\n{'still picture with':<30} {'moves':>8} {'worst':>8}   ({len(TEXTURES) + 1} grounds)")
    for name, values in rows.items():
        print(f"{name:<30} {np.mean(values):>8.2%} {np.max(values):>8.2%}")


def _by_condition(chosen: Iterable[Plan], kind: str, threshold_px: float) -> dict[str, list[Row]]:
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for plan in chosen:
        found = list(measured(moving_clip(plan), kind, threshold_px, int(plan.speed) + 2))
        for condition in _conditions(plan):
            rows[condition] += found
    return rows


def _conditions(plan: Plan) -> tuple[str, ...]:
    coded = "not coded" if plan.crf is None else f"coded, crf {plan.crf}"
    fast = ("speed 2 px or more",) if plan.speed >= 2 else ()
    return (
        "all", *fast, f"camera: {plan.camera}", f"ground: {plan.texture}",
        f"object: {plan.object_texture}", f"object over {plan.share:.0%}",
        f"speed {plan.speed:g} px", f"noise {plan.noise:g}", coded,
    )  # fmt: skip


def _print_moving(rows: dict[str, list[Row]]) -> None:
    print(f"\n{'':<22} {'still called moving':>22} {'moving called still':>22}")
    heads = ("frames", "strict", "clear", "strict", "clear", "refused", "contested")
    print(f"{'object that moves':<22}" + "".join(f"{head:>11}" for head in heads))
    for name, values in sorted(rows.items()):
        table = np.array(values)
        kept = table[table[:, 4] == 0]
        if not len(kept):
            print(f"{name:<22}{len(table):>11}   camera refused in all")
            continue
        means = [np.nanmean(kept[:, column]) for column in (0, 2, 1, 3)]
        shares = (*means, table[:, 4].mean(), kept[:, 5].mean())
        print(f"{name:<22}{len(table):>11}" + "".join(f"{share:>11.2%}" for share in shares))


def _milliseconds(kind: str, repeat: int = 10) -> float:
    plan = Plan("natural", "leaves", "pan", 0.1, 3, 2, None, 0)
    frames: list[UInt8Array] = [
        cv2.resize(frame, (640, 360)) for frame in moving_clip(plan, repeat + 1).frames
    ]
    start = time.process_time()
    list(flows(frames, kind=kind))
    return (time.process_time() - start) / repeat * 1e3


if __name__ == "__main__":
    main()
