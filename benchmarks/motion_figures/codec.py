"""A clip through the H.264 encoder and back, as real video has been."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np

from benchmarks.motion_figures.render import UInt8Array
from engine.models.networks.figures import FIGURES_FPS

_REPEATABLE = {"threads": "1", "mbtree": "0", "x264-params": "cpu-independent=1"}
"""Without these, x264 encodes one clip in six otherwise the next time, on one thread too."""


def through_h264(frames: UInt8Array, rate_factor: int, preset: str = "veryfast") -> UInt8Array:
    """Encode and decode a clip.

    Parameters
    ----------
    frames : uint8 array, (T, H, W, 3)
        RGB, H and W even.
    rate_factor : int
        x264's constant rate factor: 18 can hardly be told from the source, 40 is poor.
    preset : str
        x264's preset; the quicker, the cruder the prediction.

    Returns
    -------
    uint8 array, (T, H, W, 3)
        RGB; the same frames give the same bytes.
    """
    stored = io.BytesIO()
    with av.open(stored, "w", format="mp4") as container:
        options = {"crf": str(rate_factor), "preset": preset} | _REPEATABLE
        rate = Fraction(FIGURES_FPS).limit_denominator(1000)
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    stored.seek(0)
    with av.open(stored, "r") as coded:
        pictures = [one.to_ndarray(format="rgb24") for one in coded.decode(video=0)]
    return np.asarray(pictures, dtype=np.uint8)


def random_h264(frames: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    """Encode at a random rate factor, 20 to 38, and preset."""
    preset = str(rng.choice(["ultrafast", "veryfast", "medium"]))
    return through_h264(frames, int(rng.integers(20, 39)), preset)
