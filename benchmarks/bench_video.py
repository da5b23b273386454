"""What reading frames costs: opening, reading in sequence, seeking, stepping back and forward.

Every figure stands beside the bare PyAV decoding loop of the same run, as machines and their
load differ. Without a file a clip is made: ``python -m benchmarks.bench_video [FILE]``.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import cv2
import numpy as np

from engine.types import UInt8Array
from engine.video import Video, open_video

SEEKS = 20


def main() -> None:
    """Measure the given file, or two made ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path)
    chosen = parser.parse_args().file
    if chosen is not None:
        measure(chosen)
        return
    with tempfile.TemporaryDirectory() as folder:
        for size, gop in (((1280, 720), 60), ((1920, 1080), 250)):
            measure(make_clip(Path(folder) / f"{size[1]}p_gop{gop}.mp4", size, gop))


def make_clip(path: Path, size: tuple[int, int], gop: int, frames: int = 300) -> Path:
    """Encode moving, grainy content with three B-frames."""
    rng = np.random.default_rng(0)
    width, height = size
    scene = cv2.GaussianBlur(
        rng.integers(0, 256, (height, width + frames * 2, 3), np.uint8), (0, 0), 6
    )
    scene = cv2.normalize(scene, None, 0, 255, cv2.NORM_MINMAX)
    grain = rng.normal(0, 5, (height + 64, width + 64, 3)).astype(np.int16)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264", rate=Fraction(25), options={"preset": "veryfast", "g": str(gop), "bf": "3"}
        )
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
    decode_ms = per_item(lambda: plain_decode(path))
    demux_ms = seconds(lambda: plain_demux(path)) * 1e3
    open_ms = seconds(lambda: open_video(path).close()) * 1e3
    with open_video(path) as video:
        print(f"\n{path.name}: {video.size[0]} x {video.size[1]}, {len(video)} frames")
        print(f"  bare PyAV decode            {decode_ms:8.2f} ms/frame")
        print(f"  open and index              {open_ms:8.1f} ms ({open_ms / demux_ms:.1f} x demux)")
        read_ms = per_item(lambda: sum(1 for _ in video))
        share = decode_ms / read_ms
        print(f"  sequential, to RGB          {read_ms:8.2f} ms/frame ({share:.2f} of bare)")
    middle_ms, late_ms = seek_ms(path)
    print(f"  random access p50 / p95     {middle_ms:8.1f} / {late_ms:.1f} ms")
    forward_ms, backward_ms = step_ms(path)
    print(
        f"  step forward / back, mean   {forward_ms[0]:8.2f} / {backward_ms[0]:.2f} ms "
        f"(ratio {backward_ms[0] / forward_ms[0]:.2f})"
    )
    print(f"  step forward / back, median {forward_ms[1]:8.2f} / {backward_ms[1]:.2f} ms")
    print(f"  step forward / back, worst  {forward_ms[2]:8.1f} / {backward_ms[2]:.1f} ms")


def plain_decode(path: Path) -> int:
    """Decode everything as PyAV's own loop does; return the number of frames."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return sum(1 for _ in container.decode(video=0))


def plain_demux(path: Path) -> int:
    """Read all packets; return their number."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.demux(video=0))


def seek_ms(path: Path) -> tuple[float, float]:
    """Median and 95th percentile of the time to a random frame, in milliseconds."""
    with open_video(path, cache_bytes=0) as video:
        targets = np.random.default_rng(0).integers(0, len(video), SEEKS)
        costs = read_costs(video, targets.tolist())
    return statistics.median(costs), float(np.percentile(costs, 95))


def step_ms(path: Path) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean, median and worst cost of a step forward and of a step back, in milliseconds."""
    with open_video(path) as video:
        forward = read_costs(video, range(len(video)))
    with open_video(path) as video:
        backward = read_costs(video, range(len(video))[::-1])
    return summary(forward), summary(backward)


def read_costs(video: Video, numbers: Iterable[int]) -> list[float]:
    """Milliseconds that each frame took."""
    return [seconds(partial(video.__getitem__, number)) * 1e3 for number in numbers]


def summary(costs: list[float]) -> tuple[float, float, float]:
    """Mean, median and maximum."""
    return statistics.fmean(costs), statistics.median(costs), max(costs)


def per_item(job: Callable[[], int]) -> float:
    """Milliseconds for each of the items that the job counts."""
    start = time.perf_counter()
    count = job()
    return (time.perf_counter() - start) * 1e3 / count


def seconds(job: Callable[[], object]) -> float:
    """Seconds that a job takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
