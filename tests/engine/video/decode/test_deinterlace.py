"""Interlaced pictures made whole: no combs, still parts as they were, the right field first."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from engine.types import UInt8Array
from engine.video import open_video
from engine.video.decode.exif import filtered

WIDTH, HEIGHT, BAR, STEP = 192, 96, 24, 4
CODECS = [
    ("libx264", {"flags": "+ildct+ilme", "crf": "8", "x264-params": "tff=1"}, True),
    ("libx264", {"flags": "+ildct+ilme", "crf": "8", "x264-params": "bff=1"}, False),
    ("mpeg2video", {"flags": "+ildct+ilme", "qscale": "2", "top": "1", "b": "8M"}, True),
]


def at_field(field: int) -> UInt8Array:
    """A bright bar that moves by some pixels from field to field, over a still pattern."""
    picture = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    picture[:, :, :] += (np.arange(HEIGHT)[:, None, None] // 16 % 2 * 30).astype(np.uint8)
    left = 8 + STEP * field
    picture[:, left : left + BAR] = 220
    return picture


def woven(number: int, top_first: bool) -> UInt8Array:
    first, second = at_field(2 * number), at_field(2 * number + 1)
    frame = second.copy()
    frame[0 if top_first else 1 :: 2] = first[0 if top_first else 1 :: 2]
    return frame


def write(path: Path, codec: str, options: dict[str, str], top_first: bool) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(woven(number, top_first), "rgb24")
            if "flags" in options:
                frame = filtered(frame, [("setfield", "mode=tff" if top_first else "mode=bff")])
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def combs(picture: UInt8Array) -> float:
    """How much rows differ from the rows above and below."""
    rows = picture[..., 1].astype(float)
    return float(np.abs(2 * rows[1:-1] - rows[:-2] - rows[2:]).mean())


def bar_left(picture: UInt8Array) -> float:
    bright = picture[HEIGHT // 2 - 8 : HEIGHT // 2 + 8, :, 1].mean(axis=0) > 150
    return float(np.flatnonzero(bright)[0])


@pytest.mark.parametrize(("codec", "options", "top_first"), CODECS)
def test_video_deinterlaced_has_no_combs_and_shows_the_first_field(
    codec: str, options: dict[str, str], top_first: bool, tmp_path: Path
) -> None:
    path = write(tmp_path / "a.mkv", codec, options, top_first)
    with open_video(path) as raw, open_video(path, deinterlace=True) as whole:
        assert raw.picture_facts.interlaced
        for number in range(2, 8):
            assert combs(raw[number]) > 5 * combs(whole[number])
            assert abs(bar_left(whole[number]) - (8 + STEP * 2 * number)) <= 2
            still = np.abs(whole[number].astype(int) - raw[number])[:, -32:]
            assert still.mean() < 3


def test_video_deinterlaced_is_the_same_however_reached(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", *CODECS[0])
    with open_video(path, deinterlace=True) as video:
        forward = list(video)
    with open_video(path, deinterlace=True, cache_bytes=0) as video:
        for number in (9, 0, 5, 4):
            assert np.array_equal(video[number], forward[number])


def test_video_deinterlaced_leaves_progressive_pictures_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", "libx264", {"crf": "8"}, True)
    with open_video(path) as raw, open_video(path, deinterlace=True) as whole:
        assert all(np.array_equal(one, other) for one, other in zip(raw, whole, strict=True))
