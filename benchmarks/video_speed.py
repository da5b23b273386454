"""Cost of reading frames: opening, reading in sequence, seeking, playing backward.

Every figure stands beside bare PyAV in the same run, as machines and their load differ; what is
compared takes turns, and medians are given.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from engine.types import UInt8Array
from engine.utils.paths import CACHE_VARIABLE
from engine.video import open_video

TURNS = 3
OPEN_TURNS = 7
SEEKS = 40
STEP_S = 1 / 20
STALL_S = 0.1


def make_clip(path: Path, size: tuple[int, int], gop: int, frames: int = 500) -> Path:
    """Encode moving, grainy content with three B-frames, 16 Mb/s at 1080p."""
    rng = np.random.default_rng(0)
    width, height = size
    scene = cv2.GaussianBlur(
        rng.integers(0, 256, (height, width + frames * 2, 3), np.uint8), (0, 0), 6
    )
    scene = cv2.normalize(scene, None, 0, 255, cv2.NORM_MINMAX)
    grain = rng.normal(0, 8, (height + 64, width + 64, 3)).astype(np.int16)
    options = {"preset": "veryfast", "crf": "21", "g": str(gop), "bf": "3", "sc_threshold": "0"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(25), options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            top, left = rng.integers(0, 64, 2)
            picture = scene[:, number * 2 : number * 2 + width].astype(np.int16)
            picture += grain[top : top + height, left : left + width]
            rgb: UInt8Array = picture.clip(0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, "rgb24")))
        container.mux(stream.encode(None))
    return path


def measure(path: Path) -> None:
    """Print all figures of one file."""
    group = longest_group(path)
    bare_s, ours_s = (statistics.median(costs) for costs in in_turns(TURNS, bare(path), ours(path)))
    with open_video(path) as video:
        count, size = len(video), video.size
        rate = path.stat().st_size * 8e-6 / count * video.fps
    print(
        f"\n{path.name}: {size[0]} x {size[1]}, {count} frames, groups of {group}, {rate:.1f} Mb/s"
    )
    row("bare PyAV decode", f"{count / bare_s:.1f} frames/s")
    row("sequential to RGB", f"{count / ours_s:.1f} frames/s, {bare_s / ours_s:.2f} of bare")
    measure_seeking(path, group * bare_s / count, count)
    measure_backward(path, count)
    measure_opening(path)


def row(name: str, figures: str) -> None:
    """Print one line of the table."""
    print(f"  {name:24} {figures}")


def measure_seeking(path: Path, group_s: float, count: int) -> None:
    """Print the cost of a random frame, in time and in decodes of a whole group."""
    costs = []
    with open_video(path, cache_bytes=0) as video:
        for number in np.random.default_rng(0).integers(0, count, SEEKS).tolist():
            costs.append(seconds(lambda number=number: video[number]))
    middle, late = np.percentile(costs, [50, 95])
    row("decode of one group", f"{group_s * 1e3:.0f} ms")
    row(
        "random access p50 / p95",
        f"{middle * 1e3:.0f} / {late * 1e3:.0f} ms, "
        f"{middle / group_s:.2f} / {late / group_s:.2f} of a group",
    )


def measure_backward(path: Path, count: int) -> None:
    """Print how playing backward keeps its rate: every step has its moment, as on a screen."""
    costs: list[float] = []
    with open_video(path) as video:
        start_s = seconds(lambda: video[count - 1])
        due = time.perf_counter()
        for number in range(count - 2, -1, -1):
            time.sleep(max(due - time.perf_counter(), 0.0))
            costs.append(seconds(lambda number=number: video[number]))
            due += max(STEP_S, costs[-1])  # a stall shifts what follows, as in a player
    row(
        "backward, 20 steps/s",
        f"{sum(cost > STALL_S for cost in costs)} stalls over 100 ms, worst step "
        f"{max(costs) * 1e3:.0f} ms, first frame {start_s * 1e3:.0f} ms",
    )


def measure_opening(path: Path) -> None:
    """Print the cost of opening beside a bare demux, the first time and again."""
    demux, opened, again = in_turns(
        OPEN_TURNS,
        lambda: bare_demux(path),
        lambda: open_unknown(path),
        lambda: open_video(path).close(),
    )
    demux_s, first_s, again_s = map(statistics.median, (demux, opened, again))
    row("bare open and demux", f"{demux_s * 1e3:.1f} ms")
    row("open and index", f"{first_s * 1e3:.1f} ms, {first_s / demux_s:.1f} x demux")
    row("open again", f"{again_s * 1e3:.1f} ms, {again_s / demux_s:.1f} x demux")


def open_unknown(path: Path) -> None:
    """Open a file of which no index is kept."""
    before = os.environ.get(CACHE_VARIABLE)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[CACHE_VARIABLE] = folder
        try:
            open_video(path).close()
        finally:
            del os.environ[CACHE_VARIABLE]
            if before is not None:
                os.environ[CACHE_VARIABLE] = before


def bare(path: Path) -> Callable[[], None]:
    """Run PyAV's own decoding loop."""

    def decode() -> None:
        with av.open(str(path)) as container:
            container.streams.video[0].thread_type = "AUTO"
            for _ in container.decode(video=0):
                pass

    return decode


def ours(path: Path) -> Callable[[], None]:
    """Read all frames as RGB."""

    def read() -> None:
        with open_video(path) as video:
            for _ in video:
                pass

    return read


def bare_demux(path: Path) -> None:
    """Open the file and read all its packets."""
    with av.open(str(path)) as container:
        for _ in container.demux(video=0):
            pass


def longest_group(path: Path) -> int:
    """Return the frames in the longest group of pictures."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    keys = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    return max(int(step) for step in np.diff([*keys, len(packets)]))


def in_turns(turns: int, *jobs: Callable[[], object]) -> list[list[float]]:
    """Return the seconds of every job in every turn, the jobs taking turns."""
    costs: list[list[float]] = [[] for _ in jobs]
    for _ in range(turns):
        for job, its_costs in zip(jobs, costs, strict=True):
            its_costs.append(seconds(job))
    return costs


def seconds(job: Callable[[], object]) -> float:
    """Return the seconds that a job takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start
