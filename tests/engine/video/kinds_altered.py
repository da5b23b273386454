"""Awkward files that need more than an encoder: edit lists, broken clocks, changing sizes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av

from tests.engine.video.awkward_file import (
    FORWARD,
    FRAMES,
    STEP_MS,
    Awkward,
    Make,
    changed,
    made_from,
    steady,
)
from tests.engine.video.kinds_encoded import B_FRAMES, FAST_VP9, GOP12, x264, x265
from tests.engine.video.numbered import (
    Clip,
    number_in_spread,
    number_in_tiny,
    spread_picture,
    tiny_picture,
)
from tests.engine.video.surgery import (
    CLOCK_HZ,
    at_ms,
    edited,
    join,
    kept,
    later_by_ms,
    remux,
    renamed,
    with_captions,
    with_edit_list,
    with_laces,
    with_packed_b_frames,
    without_frame_delays,
    without_times_between_keys,
)

TICKS = 512
"""Units of the MP4 samples' clock in one frame, at 25 frames per second."""
REORDERED = Clip("reordered.mp4", "libx264", B_FRAMES)
SMALL, LARGE = (96, 64), (160, 128)


def hidden_start(source: Path, target: Path) -> None:
    """Move the first 15 frames before time 0, which the writer turns into an edit list."""
    remux(source, target, later_by_ms(-15 * STEP_MS))


def edit_list(*edits: tuple[int, int]) -> Make:
    """Maker of an MP4 with these (frames, first frame) pieces; the first may be a pause, -1."""
    ticks = [
        (frames * TICKS, -1 if first < 0 else (first + 2) * TICKS) for frames, first in edits
    ]  # 2: B-frames delay what is shown
    return changed(REORDERED, with_edit_list(ticks))


EDIT_LISTS = [
    Awkward("edit_hidden_start.mp4", made_from(REORDERED, by=hidden_start), range(15, FRAMES)),
    Awkward("edit_hidden_start.mov", made_from(REORDERED, by=hidden_start), range(15, FRAMES)),
    Awkward("edit_inside_group.mp4", edit_list((20, 5)), range(5, 25), times_ms=steady(20)),
    Awkward("edit_end.mp4", edit_list((30, 0)), range(30), times_ms=steady(30)),
    Awkward("edit_pause.mp4", edit_list((25, -1), (FRAMES, 0)), times_ms=steady(FRAMES)),
    Awkward("edit_two_pieces.mp4", edit_list((10, 3), (10, 27)), [*range(3, 13), *range(27, 37)]),
    Awkward("edit_repeated.mp4", edit_list((10, 12), (10, 12)), [*range(12, 22)] * 2, "plain"),
    Awkward(
        "edit_swapped.mp4", edit_list((10, 24), (10, 0)), [*range(24, 34), *range(10)], "plain"
    ),
]


def wrapping(shift_frames: int) -> Make:
    """Maker of a transport stream whose 33-bit clock starts again after some frames."""
    start = 2**33 - shift_frames * STEP_MS * CLOCK_HZ // 1000

    def change(_: int, packet: av.Packet) -> None:
        assert packet.time_base is not None
        ticks = int(Fraction(start, CLOCK_HZ) / packet.time_base)
        packet.pts, packet.dts = (packet.pts or 0) + ticks, (packet.dts or 0) + ticks

    return made_from(
        REORDERED, by=lambda source, target: remux(source, target, change, {"mpegts_copyts": "1"})
    )


def joined_bytes(*sources: Path) -> None:
    """Put files behind one another; the last path is the target's."""
    sources[-1].write_bytes(b"".join(source.read_bytes() for source in sources[:-1]))


def resized_ts(codec: str, options: dict[str, str]) -> Make:
    """Maker of a transport stream that changes its size in the middle."""
    times = steady(FRAMES)
    first = Clip("a.ts", codec, options, 20, SMALL, times_ms=times[:20], draw=spread_picture)
    second = replace(first, name="b.ts", size=LARGE, times_ms=times[20:], first=20)
    return made_from(first, second, by=joined_bytes)


def resized_by_join(codec: str, ending: str) -> Make:
    """Maker of a file that gets two raw streams of different size as one."""
    options = {"libx265": x265(bframes=0, repeat_headers=1), "libvpx-vp9": FAST_VP9}.get(
        codec, {"g": "12", "bf": "0"}
    )
    first = Clip(f"a.{ending}", codec, options, 20, SMALL, draw=spread_picture)
    second = replace(first, name=f"b.{ending}", size=LARGE, first=20)
    return made_from(first, second, by=join_steadily)


def join_steadily(*paths: Path) -> None:
    """Join streams at the usual rate; the last path is the target's."""
    join(paths[:-1], paths[-1], at_ms(steady(FRAMES)))


CLOCKS = [
    Awkward("wrapping.ts", wrapping(20), times_ms=steady(FRAMES)),
    Awkward("wrapping_late.ts", wrapping(37), times_ms=steady(FRAMES)),
    Awkward("early_clock.ts", wrapping(60), times_ms=steady(FRAMES)),
    Awkward(
        "restarting.ts",
        made_from(
            Clip("a.ts", "libx264", B_FRAMES, 20),
            Clip("b.ts", "libx264", B_FRAMES, 20, first=20),
            by=joined_bytes,
        ),
    ),
    Awkward(
        "restarting.mpg",
        made_from(
            Clip("a.mpg", "mpeg2video", {"bf": "2", "g": "12"}, 20),
            Clip("b.mpg", "mpeg2video", {"bf": "2", "g": "12"}, 20, first=20),
            by=joined_bytes,
        ),
    ),
    Awkward(
        "repeated.mkv",
        made_from(
            FORWARD,
            by=lambda source, target: remux(
                source, target, at_ms([n // 2 * 80 for n in range(FRAMES)], 100)
            ),
        ),
    ),
    Awkward(
        "repeated.mp4",
        made_from(
            FORWARD,
            by=lambda source, target: remux(
                source, target, at_ms([n // 2 * 80 for n in range(FRAMES)], 100)
            ),
        ),
    ),
    Awkward("no_delays.mp4", changed(FORWARD, without_frame_delays)),
    Awkward(
        "sparse_times.ts",
        changed(Clip("a.ts", "mpeg2video", {"bf": "0", "g": "12"}), without_times_between_keys),
    ),
    Awkward(
        "sparse_times_b.ts",
        changed(Clip("a.ts", "mpeg2video", {"bf": "2", "g": "12"}), without_times_between_keys),
    ),
    Awkward(
        "sparse_times264.ts", changed(Clip("a.ts", "libx264", B_FRAMES), without_times_between_keys)
    ),
    Awkward("laced.mkv", made_from(Clip("a.mkv", "mjpeg", pix_fmt="yuvj420p"), by=with_laces)),
    Awkward(
        "packed_b.avi",
        made_from(Clip("a.avi", "mpeg4", {"bf": "1", "g": "12"}), by=with_packed_b_frames),
    ),
    Awkward("no_idx1.avi", changed(Clip("a.avi", "mpeg4", GOP12), renamed(b"idx1", b"JUNK"))),
    Awkward(
        "captions.ts",
        made_from(
            Clip("a.h264", "libx264", x264(aud=1, bframes=0)),
            by=lambda source, target: captioned(source, target),
        ),
    ),
    Awkward(
        "mid_group.ts", changed(Clip("a.ts", "libx264", B_FRAMES), kept(0.4, 1)), right="plain"
    ),
    Awkward(
        "mid_group2.ts",
        changed(Clip("a.ts", "mpeg2video", {"bf": "2", "g": "12"}), kept(0.4, 1)),
        right="plain",
    ),
    Awkward(
        "mid_group265.ts",
        changed(
            Clip(
                "a.ts", "libx265", {"x265-params": "keyint=12:open-gop=1:bframes=3:log-level=none"}
            ),
            kept(0.4, 1),
        ),
        right="plain",
    ),
    Awkward(
        "mid_group.mpg",
        changed(Clip("a.mpg", "mpeg2video", {"bf": "2", "g": "12"}), kept(0.4, 1)),
        right="plain",
    ),
    Awkward(
        "no_first_key.mkv",
        made_from(
            Clip("a.mkv", "libx264", B_FRAMES),
            by=lambda source, target: without_first_packets(source, target, 5),
        ),
        right="plain",
    ),
    Awkward(
        "no_first_key.mp4",
        made_from(
            Clip("a.mkv", "libx264", B_FRAMES),
            by=lambda source, target: without_first_packets(source, target, 5),
        ),
        right="plain",
    ),
    Awkward(
        "broken_links.mkv",
        made_from(
            Clip("a.mp4", "libx264", x264(open_gop=1, bframes=3)),
            by=lambda source, target: without_first_packets(source, target, 12),
        ),
        right="plain",
    ),
]


def captioned(source: Path, target: Path) -> None:
    """Raw H.264 with captions, in a transport stream."""
    with_text = source.with_name("captions.h264")
    edited(source, with_text, with_captions)
    remux(with_text, target, at_ms(steady(FRAMES)))


def without_first_packets(source: Path, target: Path, count: int) -> None:
    """Copy a file from some packet on."""
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        stream = out.add_stream_from_template(container.streams.video[0])
        packets = [packet for packet in container.demux(video=0) if packet.size]
        for packet in packets[count:]:
            packet.stream = stream
            out.mux(packet)


SIZES = [
    *[
        replace(file, size=None, read=number_in_spread)
        for file in (
            Awkward("resized264.ts", resized_ts("libx264", B_FRAMES)),
            # FFmpeg drops the MPEG-2 picture before the change
            Awkward("resized2.ts", resized_by_join("mpeg2video", "m2v"), right="plain"),
            Awkward("resized2.mpg", resized_by_join("mpeg2video", "m2v"), right="plain"),
            Awkward("resized264.mkv", resized_by_join("libx264", "h264")),
            Awkward("resized264.mp4", resized_by_join("libx264", "h264")),
            Awkward("resized265.mkv", resized_by_join("libx265", "hevc")),
            Awkward("resized9.webm", resized_by_join("libvpx-vp9", "webm")),
        )
    ],
    *[
        Awkward(
            name,
            made_from(
                Clip(name, codec, options, 20, size, pix_fmt, draw=tiny_picture),
                by=lambda source, target: target.write_bytes(source.read_bytes()),
            ),
            range(20),
            size=size,
            read=number_in_tiny,
            times_ms=steady(20),
        )
        for name, codec, options, size, pix_fmt in [
            ("tiny1.mkv", "ffv1", {}, (1, 1), "bgr0"),
            ("tiny1.mov", "png", {}, (1, 1), "rgb24"),
            ("tiny1.gif", "gif", {}, (1, 1), "gray"),
            ("tiny2.mp4", "libx264", {"g": "5"}, (2, 2), "yuv420p"),
            ("tiny3.webm", "libvpx-vp9", {"deadline": "realtime"}, (3, 1), "yuv420p"),
            ("tiny16.mp4", "libx264", {"g": "5", "bf": "2"}, (16, 16), "yuv420p"),
            ("tiny16.avi", "mpeg4", {"g": "5"}, (16, 16), "yuv420p"),
            ("line.mkv", "ffv1", {}, (2000, 1), "bgr0"),
            ("column.mov", "rawvideo", {}, (1, 2000), "rgb24"),
        ]
    ],
]


ALTERED: list[Awkward] = [*EDIT_LISTS, *CLOCKS, *SIZES]
