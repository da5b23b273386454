"""Render the bundled demo clip: ``python -m benchmarks.motion_figures.demo --out FILE``.

One figure in a park changes its activity six times. The figure stays inside the central
square of the picture, the part that a model sees after its centre crop.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.reformatter import ColorPrimaries, Colorspace, ColorTrc

from benchmarks.motion_figures.activities import perform
from benchmarks.motion_figures.body import Body, FloatArray, Pose, blend, joint_positions
from benchmarks.motion_figures.camera import hand_held
from benchmarks.motion_figures.layout import project
from benchmarks.motion_figures.park import draw_park
from benchmarks.motion_figures.render import Look, UInt8Array, View, draw_figure, drop_shadow
from engine.models.networks.figures import FIGURES_FPS

WIDTH, HEIGHT = 480, 360
SEGMENT_FRAMES = 25
BLEND_FRAMES = 6
FIGURE_HEIGHT = 0.66
"""Of the body, in picture heights; arms raised over the head still fit."""

GROUND = 0.885
"""Where the feet stand, in picture heights."""

OVERSIZE = 3
"""Drawn at this multiple of the final size."""

MARGIN = 0.04
"""Scenery beyond the picture on each side, for the shake, in picture heights."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Activity of the figure for `SEGMENT_FRAMES` frames.

    Attributes
    ----------
    activity : str
        One of the labels.
    style : int
        Seed of the style.
    yaw : float
        Turn from facing the camera, in degrees, positive to the right.
    """

    activity: str
    style: int
    yaw: float


SEGMENTS: tuple[Segment, ...] = (
    Segment("walking", 2, 76.0),
    Segment("hand waving", 5, 12.0),
    Segment("jogging", 3, -74.0),
    Segment("boxing", 4, -58.0),
    Segment("jumping jack", 1, -6.0),
    Segment("squatting", 6, 38.0),
)

BODY = Body(girth=1.03, head_radius=0.066)
LOOK = Look(
    skin=(214.0, 160.0, 128.0),
    hair=(66.0, 44.0, 30.0),
    shirt=(204.0, 62.0, 52.0),
    trousers=(48.0, 62.0, 98.0),
    shoes=(236.0, 232.0, 224.0),
    sleeve=0.85,
    leg_cover=2.0,
    hair_length=1.0,
)


def main() -> None:
    """Render and write the clip."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("resources/demo.mp4"))
    options = parser.parse_args()
    frames = render_demo()
    write_mp4(options.out, frames)
    print(f"{options.out}: {len(frames)} frames, {options.out.stat().st_size} bytes")


def segment_of(frame: int) -> Segment:
    """Return the segment of a frame, which blends into the next one before its end."""
    return SEGMENTS[min(frame // SEGMENT_FRAMES, len(SEGMENTS) - 1)]


def render_demo() -> UInt8Array:
    """Draw all frames.

    Returns
    -------
    uint8 array, (150, 360, 480, 3)
        RGB.
    """
    count = SEGMENT_FRAMES * len(SEGMENTS)
    times_s = np.arange(count) / FIGURES_FPS
    pose, yaw, moved = _perform_all(times_s)
    camera = hand_held(np.random.default_rng(11), times_s, 0.0035)
    slide, offset = _follow(moved)
    park = _park(float(np.ptp(slide)))
    joints = joint_positions(BODY, pose)
    frames = []
    for frame in range(count):
        flat, closeness = project(joints[frame], yaw[frame])
        affine = OVERSIZE * camera.affine(frame, HEIGHT, WIDTH)
        place = np.array([0.5 * WIDTH + offset[frame] * HEIGHT, GROUND * HEIGHT])
        view = View(
            (place + FIGURE_HEIGHT * HEIGHT * flat) @ affine[:, :2].T + affine[:, 2],
            closeness,
            FIGURE_HEIGHT * HEIGHT * OVERSIZE * camera.zoom[frame],
            yaw[frame],
        )
        start = np.array([slide[frame] - slide.max() - MARGIN, -MARGIN]) * HEIGHT
        frames.append(_draw(park, affine, start, view))
    return np.stack(frames)


def _perform_all(times_s: FloatArray) -> tuple[Pose, FloatArray, FloatArray]:
    """Return pose, turn (radians) and way to the right (body heights) over the clip."""
    poses, yaws, paces = [], [], []
    for segment in SEGMENTS:
        pose, _ = perform(segment.activity, BODY, times_s, np.random.default_rng(segment.style))
        turn = np.deg2rad(segment.yaw)
        paces.append(np.gradient(pose.forward) * np.sin(turn))
        yaws.append(np.full(len(times_s), turn))
        standing = np.zeros_like(pose.forward)
        poses.append(Pose(pose.directions, pose.lift, pose.planted, standing))
    weights = [_switch(len(times_s), number) for number in range(1, len(SEGMENTS))]

    def mix(rows: list[FloatArray]) -> FloatArray:
        mixed = rows[0]
        for weight, row in zip(weights, rows[1:], strict=True):
            mixed = mixed + weight * (row - mixed)
        return mixed

    pose = reduce(lambda one, pair: blend(one, pair[0], pair[1]),
                  zip(poses[1:], weights, strict=True), poses[0])  # fmt: skip
    return pose, mix(yaws), np.cumsum(mix(paces))


def _switch(count: int, number: int) -> FloatArray:
    """Return the weight of segment ``number``: 0 before it, 1 from its start on, smooth."""
    middle = number * SEGMENT_FRAMES - 0.5
    ramp = np.clip((np.arange(count) - middle) / BLEND_FRAMES + 0.5, 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp))


def _follow(moved: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the slide of the scenery and the place of the figure, in picture heights.

    The camera follows with a delay, as a person would.
    """
    path = moved * FIGURE_HEIGHT
    seen = np.convolve(
        np.pad(path, 10, mode="edge"), np.hanning(21) / np.hanning(21).sum(), "valid"
    )
    offset = np.clip(path - seen, -0.12, 0.12)
    return offset - path, offset


def _park(reach: float) -> UInt8Array:
    """Draw the park at 1.5 times the final size, as wide as the camera's way."""
    high = HEIGHT * (1 + 2 * MARGIN)
    wide = WIDTH + HEIGHT * (2 * MARGIN + reach)
    return draw_park(int(1.5 * high), int(1.5 * wide), seed=5)


def _draw(park: UInt8Array, affine: FloatArray, start: FloatArray, view: View) -> UInt8Array:
    """Draw one frame: the visible park, and the figure with its shadow."""
    placed = affine.copy()
    placed[:, 2] += affine[:, :2] @ start
    placed[:, :2] /= 1.5
    size = (WIDTH * OVERSIZE, HEIGHT * OVERSIZE)
    picture = np.asarray(
        cv2.warpAffine(park, placed, size, borderMode=cv2.BORDER_REFLECT_101), dtype=np.uint8
    )
    drop_shadow(picture, view, 0.42)
    draw_figure(picture, np.zeros(picture.shape[:2], np.uint8), view, BODY, LOOK)
    return np.asarray(
        cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), dtype=np.uint8
    )


def write_mp4(path: Path, frames: UInt8Array, rate_factor: int = 19) -> None:
    """Write frames as H.264 in yuv420p, tagged BT.709, ready for a browser.

    Parameters
    ----------
    path : Path
        The file; its folder exists.
    frames : uint8 array, (N, H, W, 3)
        RGB, H and W even.
    rate_factor : int
        x264's constant rate factor, 0 (best) to 51.
    """
    with av.open(path, "w", options={"movflags": "+faststart"}) as container:
        rate = Fraction(FIGURES_FPS).limit_denominator(1000)
        stream = container.add_stream(
            "libx264", rate=rate, options={"crf": str(rate_factor), "preset": "slow", "g": "30"}
        )
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.colorspace = Colorspace.ITU709
        stream.codec_context.color_primaries = ColorPrimaries.BT709
        stream.codec_context.color_trc = ColorTrc.BT709
        for picture in frames:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    main()
