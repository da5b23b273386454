"""Videos with flashes and clicks at the same times, and a reader of both."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from engine.types import Float64Array

RATE_HZ = 44_100
FPS = 25
EVERY_S = 0.8


def write_clicking(path: Path, seconds: int, codec: str, video_codec: str = "libx264") -> Path:
    """A video with a white frame and a click every `EVERY_S`, its sound in a given codec."""
    rate = 48_000 if codec == "libopus" else RATE_HZ
    with av.open(str(path), "w") as container:
        pictures = container.add_stream(video_codec, rate=FPS)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream(codec, rate=rate)
        sound.codec_context.layout = "stereo"
        for number in range(seconds * FPS):
            white = np.isclose(number / FPS % EVERY_S, 0) or np.isclose(number / FPS % EVERY_S, 0.8)
            picture = np.full((48, 64, 3), 255 if white else 0, np.uint8)
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(pictures.encode(None))
        for frame in _clicks(seconds, rate):
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def _clicks(seconds: int, rate: int) -> list[av.AudioFrame]:
    times = np.arange(seconds * rate) / rate
    since = times % EVERY_S
    tone = np.where(since < 0.03, 0.8 * np.sin(2 * np.pi * 1000 * since), 0.0)
    frames = []
    for start in range(0, len(tone), 1024):
        part = np.repeat(tone[None, start : start + 1024], 2, 0).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        frames.append(frame)
    return frames


def click_times(path: Path) -> Float64Array:
    """Times at which clicks begin, in seconds."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        level, times = [], []
        for frame in container.decode(stream):
            samples = frame.to_ndarray()
            if frame.format.is_packed:
                samples = samples.reshape(-1, frame.layout.nb_channels).T
            full = np.iinfo(samples.dtype).max if samples.dtype.kind == "i" else 1.0
            level.append(np.abs(samples.astype(float)).max(axis=0) / full)
            times.append(frame.time + np.arange(frame.samples) / frame.rate)
    loud = np.concatenate(times)[np.concatenate(level) > 0.3]
    return loud[np.diff(loud, prepend=-1) > 0.1]


def flash_times(path: Path) -> Float64Array:
    """Times at which white frames are shown, in seconds."""
    with av.open(str(path)) as container:
        shown = [
            (frame.time, frame.to_ndarray(format="gray").mean())
            for frame in container.decode(video=0)
        ]
    return np.array([time for time, mean in shown if mean > 127])
