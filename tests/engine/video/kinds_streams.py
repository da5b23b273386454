"""Awkward files with several streams, animations of other programs, encoders PyAV lacks."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.stream import Disposition
from PIL import Image

from tests.engine.video.awkward_file import FORWARD, FRAMES, Awkward, Make, by_ffmpeg, steady
from tests.engine.video.kinds_encoded import B_FRAMES
from tests.engine.video.numbered import SIZE, Clip, numbered_picture, resting_picture


def two_videos(path: Path) -> None:
    """Write a small video, and a second one that is the default."""
    with av.open(str(path), "w") as out:
        for first, default in ((200, False), (0, True)):
            clip = Clip("", "libx264", B_FRAMES, first=first)
            stream = out.add_stream("libx264", rate=clip.rate, options=clip.options)
            stream.pix_fmt, (stream.width, stream.height) = "yuv420p", SIZE
            stream.disposition = Disposition.default if default else Disposition(0)
        for number in range(FRAMES):
            for stream, first in zip(out.streams.video, (200, 0), strict=True):
                picture = numbered_picture(number + first)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        for stream in out.streams.video:
            out.mux(stream.encode(None))


def with_extras(*, video: bool, cover: bool, sound: bool) -> Make:
    """Maker of a file with some of: a numbered video, a cover picture, silence."""

    def make(path: Path) -> None:
        with av.open(str(path), "w") as out:
            pictures = out.add_stream("libx264", rate=25, options=B_FRAMES) if video else None
            silence = out.add_stream("aac", rate=44_100) if sound else None
            front = out.add_stream("mjpeg", rate=25) if cover else None
            if pictures is not None:
                pictures.pix_fmt, (pictures.width, pictures.height) = "yuv420p", SIZE
            if front is not None:
                front.width, front.height, front.pix_fmt = 64, 64, "yuvj420p"
                front.disposition = Disposition.attached_pic
            if silence is not None:
                _mux_silence(out, silence)
            if pictures is not None:
                Clip("", "libx264").write_to(out, pictures)
            if front is not None:
                image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
                out.mux(front.encode(image) + front.encode(None))

    return make


def _mux_silence(out: OutputContainer, stream: av.AudioStream) -> None:
    for number in range(70):
        frame = av.AudioFrame.from_ndarray(
            np.zeros((2, 1024), np.float32), format="fltp", layout="stereo"
        )
        frame.sample_rate, frame.pts = 44_100, number * 1024
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


STREAMS = [
    Awkward("two_videos.mp4", two_videos, times_ms=steady(FRAMES)),
    Awkward("two_videos.mkv", two_videos, times_ms=steady(FRAMES)),
    Awkward("with_sound.mp4", with_extras(video=True, cover=False, sound=True)),
    Awkward("with_sound.mkv", with_extras(video=True, cover=False, sound=True)),
    Awkward("with_sound.ts", with_extras(video=True, cover=False, sound=True)),
    Awkward("with_cover.mp4", with_extras(video=True, cover=True, sound=True)),
    Awkward("cover_only.mp4", with_extras(video=False, cover=True, sound=True), [], "refused"),
    Awkward("sound_only.mp4", with_extras(video=False, cover=False, sound=True), [], "refused"),
    Awkward("sound_only.mkv", with_extras(video=False, cover=False, sound=True), [], "refused"),
]


def by_pillow(count: int, **options: object) -> Make:
    """Maker of an animation written by Pillow."""

    def make(path: Path) -> None:
        first, *rest = [Image.fromarray(resting_picture(number)) for number in range(count)]
        first.save(path, save_all=True, append_images=rest, **options)

    return make


def cleared_gif(path: Path) -> None:
    """GIF whose pictures are transparent outside a part and go away before the next."""
    images = []
    for number in range(20):
        picture = np.dstack([numbered_picture(number), np.full(SIZE[::-1], 255, np.uint8)])
        picture[64:, :, 3] = 0
        images.append(Image.fromarray(picture))
    images[0].save(path, save_all=True, append_images=images[1:], disposal=2, duration=50)


DELAYS_MS = [20 + 10 * (number % 5) for number in range(20)]
ANIMATIONS = [
    Awkward(
        "pillow.gif",
        by_pillow(20, duration=DELAYS_MS),
        range(20),
        times_ms=[sum(DELAYS_MS[:number]) for number in range(20)],
        tick_ms=10,
    ),
    Awkward(
        "cleared.gif", cleared_gif, range(20), times_ms=[50 * n for n in range(20)], tick_ms=10
    ),
    Awkward("animated.webp", by_pillow(20, duration=40), range(20), times_ms=steady(20)),
    Awkward("lossless.webp", by_pillow(20, duration=40, lossless=True), range(20)),
    Awkward(
        "variable.webp",
        by_pillow(20, duration=DELAYS_MS),
        range(20),
        times_ms=[sum(DELAYS_MS[:number]) for number in range(20)],
    ),
    Awkward("pillow.png", by_pillow(20, duration=40), range(20)),
    Awkward("still.png", lambda path: Image.fromarray(numbered_picture(0)).save(path), [0]),
    Awkward("still.jpg", lambda path: Image.fromarray(numbered_picture(0)).save(path), [0]),
    Awkward("still.webp", lambda path: Image.fromarray(numbered_picture(0)).save(path), [0]),
]

BY_FFMPEG = [
    Awkward(
        "theora.ogv",
        by_ffmpeg(FORWARD, "-c:v", "libtheora", "-q:v", "8", "-g", "12"),
        times_ms=steady(FRAMES),
    ),
    Awkward("theora.mkv", by_ffmpeg(FORWARD, "-c:v", "libtheora", "-q:v", "8", "-g", "12")),
    Awkward(
        "xvid.avi", by_ffmpeg(FORWARD, "-c:v", "libxvid", "-q:v", "3", "-bf", "2"), right="plain"
    ),
]

STREAMED: list[Awkward] = [*STREAMS, *ANIMATIONS, *BY_FFMPEG]
