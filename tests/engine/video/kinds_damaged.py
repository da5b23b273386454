"""Damaged files: every container cut, overwritten in the middle and in its head, and liars."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from tests.engine.video.awkward_file import FORWARD, Awkward, by_ffmpeg, changed, encoded
from tests.engine.video.kinds_encoded import B_FRAMES, ENCODED, x265
from tests.engine.video.kinds_streams import ANIMATIONS
from tests.engine.video.numbered import Clip
from tests.engine.video.surgery import Edit, edited, kept, noisy

MPEG2 = {"bf": "2", "g": "12"}
FASTSTART = {"movflags": "+faststart"}
SOUND: list[Awkward] = [
    *[
        file
        for file in [*ENCODED, *ANIMATIONS]
        if file.name
        in {
            "faststart.mp4", "fragmented.mp4", "gop12.mkv", "live.mkv", "vp9.webm", "vp8.webm",
            "h264.ts", "h264.m2ts", "mpeg2.ts", "mpeg2.mpg", "mpeg2.vob", "plain.avi",
            "b_frames.avi", "motion_jpeg.avi", "windows.wmv", "flash.flv", "sorenson.flv",
            "animated.gif", "animated.apng", "animated.webp", "raw.h264", "raw.hevc", "mpeg2.m2v",
            "motion_jpeg.mjpeg", "real.rm", "mpeg2.mxf", "vp9.ivf", "raw.nut", "h263.3gp",
            "raw.y4m", "dv.dv", "av1.obu", "opengop265.ts",
        }
    ],
    encoded(Clip("faststart.mov", "libx264", B_FRAMES, mux=FASTSTART)),
    encoded(Clip("studio_fast.mov", "prores_ks", {}, 20, pix_fmt="yuv422p10le", mux=FASTSTART)),
    encoded(Clip("av1_faststart.mp4", "libsvtav1", {"preset": "12", "g": "12"}, 20, mux=FASTSTART)),
    encoded(Clip("hevc_faststart.mp4", "libx265", x265(), mux=FASTSTART)),
    Awkward("theora.ogg", by_ffmpeg(FORWARD, "-c:v", "libtheora", "-q:v", "8", "-g", "12")),
]  # fmt: skip


def damaged(sound: Awkward, how: str, *edits: Edit) -> Awkward:
    """File whose bytes are changed; any picture that still comes unharmed must be shown."""

    def make(path: Path) -> None:
        sound.make(path.with_name(sound.name))
        edited(path.with_name(sound.name), path, *edits)

    return Awkward(f"{how}_{sound.name}", make, [], "damaged", None, None, sound=sound.name)


def claiming(name: bytes, offset: int, value: int, form: str = ">I") -> Edit:
    """A number written over another, some bytes behind a name."""

    def edit(content: bytes) -> bytes:
        place = content.index(name) + offset
        number = struct.pack(form, value)
        return content[:place] + number + content[place + len(number) :]

    return edit


def _each(how: str, edit: Callable[[int], Edit]) -> list[Awkward]:
    return [damaged(sound, how, edit(seed)) for seed, sound in enumerate(SOUND)]


CUT = _each("cut", lambda _: kept(0, 0.7))
HEAD_ONLY = _each("head", lambda _: kept(0, 0.03))
SCRATCHED = _each("scratched", lambda seed: noisy(0.5, 40, seed))
HOLED = _each("holed", lambda seed: noisy(0.4, 1500, seed))
BEHEADED = _each("beheaded", lambda seed: noisy(0.004, 30, seed))

LIARS = [
    Awkward(
        "no_moov.mp4", changed(Clip("a.mp4", "libx264", B_FRAMES), kept(0, 0.6)), [], "refused"
    ),
    Awkward(
        "giant.apng",
        changed(
            Clip("a.apng", "apng", frames=4, pix_fmt="rgb24"),
            claiming(b"IHDR", 4, 30_000),
            claiming(b"IHDR", 8, 30_000),
        ),
        [],
        "refused",
    ),
    Awkward(
        "giant.gif",
        changed(
            Clip("a.gif", "gif", frames=4, pix_fmt="rgb8"), claiming(b"GIF89a", 6, 0xFFFF_FFFF)
        ),
        [],
        "refused",
    ),
    Awkward(
        "giant.mkv",
        changed(
            Clip("a.mkv", "ffv1", pix_fmt="bgr0", size=(300, 300), frames=4),
            lambda content: content.replace(
                b"\xb0\x82\x01\x2c\xba\x82\x01\x2c", b"\xb0\x82\x75\x30\xba\x82\x75\x30"
            ),
        ),
        [],
        "refused",
    ),
    Awkward(
        "billion.mov",
        changed(
            Clip("a.mov", "rawvideo", frames=4, pix_fmt="rgb24"),
            claiming(b"stsz", 12, 1_000_000_000),
            claiming(b"stts", 12, 1_000_000_000),
        ),
        [],
        "damaged",
        sound="raw.mov",
    ),
    Awkward("noise.mp4", changed(FORWARD, noisy(0, 10**6)), [], "refused"),
    Awkward("empty.mp4", lambda path: path.write_bytes(b"") and None, [], "refused"),
    Awkward("words.mp4", lambda path: path.write_bytes(b"hello " * 500) and None, [], "refused"),
]

DAMAGED: list[Awkward] = [
    *[sound for sound in SOUND if sound not in ENCODED and sound not in ANIMATIONS],
    *CUT, *HEAD_ONLY, *SCRATCHED, *HOLED, *BEHEADED, *LIARS,
]  # fmt: skip
