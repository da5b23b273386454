"""Awkward files as encoders write them: codecs, containers, colours, shapes and times."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from av.video.stream import VideoStream

from engine.types import UInt8Array
from tests.engine.video.awkward_file import FRAMES, Awkward, encoded
from tests.engine.video.numbered import Clip, numbered_picture, resting_picture

B_FRAMES = {"g": "12", "bf": "3"}
GOP12 = {"g": "12"}
FAST_VP9 = {"deadline": "realtime", "g": "12"}
VARIABLE_MS = [number * 40 + (number % 3) * 11 for number in range(FRAMES)]
GAPS_MS = [number * 40 + number // 10 * 60_000 for number in range(FRAMES)]
BURST_MS = [number * 40 if number < 20 else 800 + (number - 20) * 2 for number in range(FRAMES)]
FULL_HD_TAGS = {"color_primaries": 1, "color_trc": 1, "colorspace": 1, "color_range": 1}
FINE = {"crf": "4", "g": "12"}


def x265(**options: object) -> dict[str, str]:
    """Options of libx265, silent."""
    told = {"keyint": 12, "log-level": "none"} | {
        k.replace("_", "-"): v for k, v in options.items()
    }
    return {"preset": "ultrafast", "x265-params": ":".join(f"{k}={v}" for k, v in told.items())}


def x264(**options: object) -> dict[str, str]:
    """Options of libx264."""
    told = {"keyint": 12} | {k.replace("_", "-"): v for k, v in options.items()}
    return {"x264-params": ":".join(f"{k}={v}" for k, v in told.items())}


def turned(degrees: int, *, mirror: bool = False) -> Any:
    """Preparation that asks players to turn the picture."""
    return lambda stream: stream.set_display_rotation(degrees, mirror, False)


def tagged(**tags: int) -> Any:
    """Preparation that says which colours are meant."""

    def prepare(stream: VideoStream) -> None:
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)

    return prepare


def in_colours(pix_fmt: str, matrix: str, full: bool = False) -> Any:
    """Conversion that makes these colours of RGB."""
    colour_range = "JPEG" if full else "MPEG"
    return lambda frame: frame.reformat(
        format=pix_fmt, dst_colorspace=matrix, dst_color_range=colour_range
    )


def wide_pixels(stream: VideoStream) -> None:
    stream.codec_context.sample_aspect_ratio = 2


def faded(number: int, size: tuple[int, int]) -> UInt8Array:
    """Numbered picture with an alpha channel: whole at the top, fading to the bottom."""
    picture = numbered_picture(number, size)
    alpha = np.clip(np.linspace(510, 0, size[1]), 0, 255).astype(np.uint8)
    return np.dstack([picture, np.broadcast_to(alpha[:, None], picture.shape[:2])])


def grey(number: int, size: tuple[int, int]) -> UInt8Array:
    """Numbered picture without colours."""
    return np.repeat(numbered_picture(number, size)[:, :, :1], 3, axis=2)


H264 = [
    encoded(Clip("gop12.mp4", "libx264", B_FRAMES)),
    encoded(Clip("gop250.mp4", "libx264", {"g": "250", "bf": "3"}, frames=120)),
    encoded(Clip("gop12.mkv", "libx264", B_FRAMES)),
    encoded(Clip("gop12.mov", "libx264", B_FRAMES)),
    encoded(Clip("faststart.mp4", "libx264", B_FRAMES, mux={"movflags": "+faststart"})),
    encoded(
        Clip("fragmented.mp4", "libx264", B_FRAMES, mux={"movflags": "frag_keyframe+empty_moov"})
    ),
    encoded(Clip("frame_fragments.mp4", "libx264", B_FRAMES, mux={"movflags": "frag_every_frame"})),
    encoded(Clip("hybrid.mp4", "libx264", B_FRAMES, mux={"movflags": "hybrid_fragmented"})),
    encoded(Clip("live.mkv", "libx264", B_FRAMES, mux={"live": "1"})),
    encoded(Clip("refresh.mkv", "libx264", {"x264-params": "intra-refresh=1:keyint=12:bframes=0"})),
    encoded(Clip("refresh.mp4", "libx264", {"x264-params": "intra-refresh=1:keyint=12:bframes=0"})),
    encoded(Clip("refresh.ts", "libx264", {"x264-params": "intra-refresh=1:keyint=12:bframes=0"})),
    encoded(Clip("opengop264.mp4", "libx264", x264(open_gop=1, bframes=3))),
    encoded(Clip("opengop264.ts", "libx264", x264(open_gop=1, bframes=3))),
    encoded(
        Clip(
            "pyramid.mp4",
            "libx264",
            x264(bframes=16, b_pyramid="normal", b_adapt=0, weightp=2, weightb=1, ref=8, keyint=40),
            60,
        )
    ),
    encoded(Clip("lossless.mp4", "libx264", {"qp": "0", "g": "12"}, pix_fmt="yuv444p")),
    encoded(Clip("chroma422.mp4", "libx264", B_FRAMES, pix_fmt="yuv422p")),
    encoded(Clip("grey.mp4", "libx264", B_FRAMES, pix_fmt="gray", draw=grey)),
    encoded(Clip("ten_bit264.mp4", "libx264", B_FRAMES, pix_fmt="yuv420p10le")),
    encoded(Clip("rgb264.mkv", "libx264rgb", {"qp": "0"}, 20, pix_fmt="rgb24"), colour_error=0.5),
    encoded(Clip("interlaced.mp4", "libx264", x264(tff=1))),
    encoded(Clip("interlaced.ts", "libx264", x264(tff=1, bframes=2))),
    encoded(Clip("interlaced_bff.ts", "libx264", x264(bff=1, bframes=2))),
    encoded(Clip("fake_interlaced.mkv", "libx264", x264(fake_interlaced=1))),
    encoded(Clip("h264.ts", "libx264", B_FRAMES)),
    encoded(Clip("h264.m2ts", "libx264", B_FRAMES, mux={"mpegts_m2ts_mode": "1"})),
    encoded(Clip("flash.flv", "libx264", B_FRAMES)),
    encoded(Clip("h264.avi", "libx264", B_FRAMES), steady=False),
    encoded(Clip("raw.h264", "libx264", B_FRAMES), steady=False),
    encoded(Clip("single.mp4", "libx264", frames=1)),
    encoded(Clip("single.ts", "libx264", frames=1)),
    encoded(Clip("two.mkv", "libx264", frames=2)),
]

HEVC_AND_YOUNGER = [
    encoded(Clip("opengop265.mp4", "libx265", x265(open_gop=1, bframes=3))),
    encoded(Clip("opengop265.ts", "libx265", x265(open_gop=1, bframes=3))),
    encoded(Clip("ten_bit.mkv", "libx265", x265(), 20, pix_fmt="yuv420p10le")),
    encoded(Clip("ten_bit.mp4", "libx265", x265(bframes=4), 20, pix_fmt="yuv420p10le")),
    encoded(Clip("twelve_bit.mp4", "libx265", x265(), 20, pix_fmt="yuv444p12le")),
    encoded(Clip("refresh265.mkv", "libx265", x265(intra_refresh=1, bframes=0))),
    encoded(Clip("raw.hevc", "libx265", x265(bframes=3)), steady=False),
    encoded(Clip("vp9.webm", "libvpx-vp9", FAST_VP9)),
    encoded(
        Clip("vp9_hidden.webm", "libvpx-vp9", {"g": "20", "lag-in-frames": "16", "cpu-used": "5"})
    ),
    encoded(Clip("vp9_alpha.webm", "libvpx-vp9", FAST_VP9, 20, pix_fmt="yuva420p", draw=faded)),
    encoded(Clip("vp8.webm", "libvpx", {"auto-alt-ref": "1", "lag-in-frames": "10", "g": "12"})),
    encoded(
        Clip("vp8_alpha.webm", "libvpx", {"auto-alt-ref": "0"}, 20, pix_fmt="yuva420p", draw=faded)
    ),
    encoded(Clip("vp9.ivf", "libvpx-vp9", FAST_VP9)),
    encoded(Clip("av1.mkv", "libsvtav1", {"preset": "12", "g": "12"}, 20)),
    encoded(Clip("av1.mp4", "libsvtav1", {"preset": "12", "g": "12"}, 20)),
    encoded(Clip("av1.webm", "libsvtav1", {"preset": "12", "g": "12"}, 20, pix_fmt="yuv420p10le")),
    encoded(Clip("av1.obu", "libsvtav1", {"preset": "12", "g": "12"}, 20), steady=False),
    encoded(Clip("animated.avif", "libsvtav1", {"preset": "12"}, 12)),
]

OLDER = [
    encoded(Clip("b_frames.avi", "mpeg4", {"bf": "2", "g": "12"}), steady=False),
    encoded(Clip("plain.avi", "mpeg4", GOP12)),
    encoded(Clip("mpeg4.mp4", "mpeg4", {"bf": "2", "g": "12"})),
    encoded(Clip("mpeg4.mkv", "mpeg4", {"bf": "2", "g": "12"})),
    encoded(
        Clip("mpeg4_qpel.avi", "mpeg4", {"bf": "2", "g": "12", "flags": "+qpel"}), steady=False
    ),
    encoded(Clip("msmpeg4.avi", "msmpeg4", GOP12)),
    encoded(Clip("msmpeg4v2.avi", "msmpeg4v2", GOP12)),
    encoded(Clip("windows.wmv", "wmv2", GOP12)),
    encoded(Clip("windows7.wmv", "wmv1", GOP12)),
    encoded(Clip("sorenson.flv", "flv", GOP12)),
    encoded(Clip("h263.3gp", "h263", GOP12)),
    encoded(Clip("h263p.avi", "h263p", GOP12)),
    encoded(Clip("h261.avi", "h261", GOP12, size=(176, 144))),
    encoded(Clip("mpeg1.mpg", "mpeg1video", {"bf": "2", "g": "12"})),
    encoded(Clip("mpeg2.ts", "mpeg2video", {"bf": "2", "g": "12"})),
    encoded(Clip("mpeg2.mpg", "mpeg2video", {"bf": "2", "g": "12"})),
    encoded(Clip("mpeg2.vob", "mpeg2video", {"bf": "2", "g": "12"})),
    encoded(Clip("mpeg2.m2v", "mpeg2video", {"bf": "2", "g": "12"}), steady=False),
    encoded(Clip("mpeg2.mkv", "mpeg2video", {"bf": "2", "g": "12"})),
    encoded(Clip("mpeg2.mxf", "mpeg2video", {"bf": "2", "g": "12"})),
    encoded(
        Clip("mpeg2_interlaced.ts", "mpeg2video", {"bf": "2", "g": "12", "flags": "+ildct+ilme"})
    ),
    encoded(
        Clip(
            "mpeg2_bff.mpg", "mpeg2video", {"g": "12", "flags": "+ildct+ilme", "field_order": "bb"}
        )
    ),
    encoded(Clip("motion_jpeg.mov", "mjpeg", pix_fmt="yuvj420p")),
    encoded(Clip("motion_jpeg.avi", "mjpeg", pix_fmt="yuvj422p")),
    encoded(Clip("motion_jpeg.mjpeg", "mjpeg", pix_fmt="yuvj420p"), steady=False),
    encoded(Clip("cinepak.avi", "cinepak", frames=12, pix_fmt="rgb24")),
    encoded(Clip("video1.avi", "msvideo1", frames=20, pix_fmt="rgb555le")),
    encoded(Clip("svq1.mov", "svq1", GOP12, pix_fmt="yuv410p")),
    encoded(Clip("rpza.mov", "rpza", GOP12, 20, pix_fmt="rgb555le")),
    encoded(Clip("real.rm", "rv20", GOP12), steady=False),
    encoded(Clip("dv.dv", "dvvideo", frames=6, size=(720, 576), rate=25)),
    encoded(Clip("dv.avi", "dvvideo", frames=6, size=(720, 576), rate=25)),
    encoded(Clip("snow.nut", "snow", {"strict": "-2", "g": "12"}, 20, pix_fmt="yuv420p")),
]

STUDIO = [
    encoded(Clip("prores.mov", "prores_ks", pix_fmt="yuv422p10le")),
    encoded(Clip("prores_alpha.mov", "prores_ks", frames=20, pix_fmt="yuva444p10le", draw=faded)),
    encoded(Clip("dnxhr.mov", "dnxhd", {"profile": "dnxhr_sq"}, 12, (256, 128), "yuv422p")),
    encoded(Clip("cineform.mov", "cfhd", {}, 12, pix_fmt="yuv422p10le")),
    encoded(Clip("huffyuv.avi", "huffyuv", frames=20, pix_fmt="yuv422p")),
    encoded(Clip("utvideo.avi", "utvideo", frames=20, pix_fmt="gbrp"), colour_error=0.5),
    encoded(Clip("magicyuv.avi", "magicyuv", frames=20, pix_fmt="gbrp"), colour_error=0.5),
    encoded(Clip("png.mov", "png", frames=20, pix_fmt="rgb24"), colour_error=0.5),
    encoded(Clip("png_alpha.mov", "png", frames=20, pix_fmt="rgba", draw=faded)),
    encoded(Clip("qtrle.mov", "qtrle", GOP12, pix_fmt="rgb24"), colour_error=0.5),
    encoded(Clip("qtrle_alpha.mov", "qtrle", GOP12, pix_fmt="argb", draw=faded)),
    encoded(Clip("rgb.mkv", "ffv1", pix_fmt="bgr0"), colour_error=0.5),
    encoded(Clip("grey8.mkv", "ffv1", pix_fmt="gray", draw=grey), colour_error=3),
    encoded(
        Clip("grey12.mkv", "ffv1", {"level": "3"}, pix_fmt="gray12le", draw=grey), colour_error=3
    ),
    encoded(
        Clip("grey16.mkv", "ffv1", {"level": "3"}, pix_fmt="gray16le", draw=grey), colour_error=3
    ),
    encoded(Clip("rgb48.mkv", "ffv1", {"level": "3"}, 20, pix_fmt="gbrp16le"), colour_error=1),
    encoded(Clip("chroma410.mkv", "ffv1", frames=20, pix_fmt="yuv410p")),
    encoded(Clip("raw.mov", "rawvideo", pix_fmt="rgb24"), colour_error=0.5),
    encoded(Clip("raw.avi", "rawvideo", frames=20, pix_fmt="bgr24"), colour_error=0.5),
    encoded(Clip("raw.nut", "rawvideo", frames=20, pix_fmt="yuv444p")),
    encoded(Clip("raw.y4m", "wrapped_avframe", frames=20, pix_fmt="yuv420p")),
    encoded(Clip("jpeg2000.mov", "jpeg2000", frames=12, pix_fmt="rgb24")),
]

COLOURS = [
    encoded(
        Clip(
            "limited601.mp4",
            "libx264",
            FINE,
            8,
            pix_fmt="yuv444p",
            convert=in_colours("yuv444p", "ITU601"),
        ),
        colour_error=3,
    ),
    encoded(
        Clip(
            "limited709.mp4",
            "libx264",
            FINE,
            8,
            pix_fmt="yuv444p",
            prepare=tagged(**FULL_HD_TAGS),
            convert=in_colours("yuv444p", "ITU709"),
        ),
        colour_error=3,
    ),
    encoded(
        Clip(
            "full601.mp4",
            "libx264",
            FINE,
            8,
            pix_fmt="yuvj444p",
            convert=in_colours("yuvj444p", "ITU601", True),
        ),
        colour_error=3,
    ),
    encoded(
        Clip(
            "full709.mkv",
            "libx264",
            FINE,
            8,
            pix_fmt="yuv444p",
            prepare=tagged(**FULL_HD_TAGS | {"color_range": 2}),
            convert=in_colours("yuv444p", "ITU709", True),
        ),
        colour_error=3,
    ),
    encoded(
        Clip(
            "bt2020.mp4",
            "libx265",
            x265(colorprim="bt2020", transfer="bt2020-10", colormatrix="bt2020nc", crf=4),
            8,
            pix_fmt="yuv444p10le",
            convert=in_colours("yuv444p10le", "BT2020"),
        ),
        colour_error=3,
    ),
    encoded(
        Clip(
            "pq.mp4",
            "libx265",
            x265(colorprim="bt2020", transfer="smpte2084", colormatrix="bt2020nc"),
            12,
            pix_fmt="yuv420p10le",
        )
    ),
    encoded(
        Clip(
            "hlg.mkv",
            "libx265",
            x265(colorprim="bt2020", transfer="arib-std-b67", colormatrix="bt2020nc"),
            12,
            pix_fmt="yuv420p10le",
        )
    ),
    encoded(Clip("wide_pixels.mp4", "libx264", B_FRAMES, prepare=wide_pixels)),
    encoded(Clip("wide_pixels.mkv", "libx264", B_FRAMES, prepare=wide_pixels)),
]

SHAPES = [
    encoded(
        Clip("right.mp4", "libx264", B_FRAMES, prepare=turned(90), turn=partial(np.rot90, k=-1))
    ),
    encoded(
        Clip("over.mp4", "libx264", B_FRAMES, prepare=turned(180), turn=partial(np.rot90, k=2))
    ),
    encoded(
        Clip("left.mp4", "libx264", B_FRAMES, prepare=turned(270), turn=partial(np.rot90, k=1))
    ),
    encoded(
        Clip("mirror.mp4", "libx264", B_FRAMES, prepare=turned(0, mirror=True), turn=np.fliplr)
    ),
    encoded(
        Clip("right.mkv", "libx264", B_FRAMES, prepare=turned(90), turn=partial(np.rot90, k=-1))
    ),
    encoded(Clip("odd.mkv", "libvpx-vp9", FAST_VP9, size=(131, 97))),
    encoded(Clip("odd.mp4", "libx264", B_FRAMES, size=(131, 97), pix_fmt="yuv444p")),
    encoded(Clip("cropped.mp4", "libx264", B_FRAMES, size=(130, 98))),
    encoded(Clip("odd.avi", "rawvideo", frames=20, size=(131, 97), pix_fmt="bgr24")),
    encoded(Clip("odd.mov", "png", frames=20, size=(131, 97), pix_fmt="rgb24"), colour_error=0.5),
    encoded(Clip("odd_jpeg.mov", "mjpeg", frames=20, size=(131, 97), pix_fmt="yuvj420p")),
]

TIMES = [
    encoded(Clip("variable.mp4", "libx264", B_FRAMES, times_ms=VARIABLE_MS)),
    encoded(Clip("variable.mkv", "libx264", B_FRAMES, times_ms=VARIABLE_MS)),
    encoded(Clip("variable.ts", "libx264", B_FRAMES, times_ms=VARIABLE_MS)),
    encoded(Clip("gaps.mp4", "libx264", B_FRAMES, times_ms=GAPS_MS)),
    encoded(Clip("gaps.mkv", "libx264", B_FRAMES, times_ms=GAPS_MS)),
    encoded(Clip("burst.mp4", "libx264", B_FRAMES, times_ms=BURST_MS)),
    encoded(Clip("burst.webm", "libvpx-vp9", FAST_VP9, times_ms=BURST_MS)),
    encoded(Clip("slides.mp4", "libx264", B_FRAMES, 8, times_ms=[10_000 * n for n in range(8)])),
    encoded(Clip("slides.mkv", "libx264", B_FRAMES, 8, times_ms=[10_000 * n for n in range(8)])),
    encoded(Clip("late.mp4", "libx264", B_FRAMES, times_ms=[5_000 + 40 * n for n in range(40)])),
    encoded(Clip("late.mkv", "libx264", B_FRAMES, times_ms=[5_000 + 40 * n for n in range(40)])),
    encoded(Clip("late.ts", "libx264", B_FRAMES, times_ms=[5_000 + 40 * n for n in range(40)])),
    encoded(Clip("late.flv", "libx264", B_FRAMES, times_ms=[5_000 + 40 * n for n in range(40)])),
]

ANIMATIONS = [
    encoded(Clip("animated.gif", "gif", pix_fmt="rgb8"), tick_ms=10),
    encoded(Clip("partial.gif", "gif", pix_fmt="rgb8", draw=resting_picture), tick_ms=10),
    encoded(Clip("animated.apng", "apng", pix_fmt="rgb24"), colour_error=0.5),
    encoded(Clip("partial.apng", "apng", pix_fmt="rgb24", draw=resting_picture), colour_error=0.5),
    encoded(Clip("alpha.apng", "apng", frames=20, pix_fmt="rgba", draw=faded)),
]

ENCODED: list[Awkward] = [
    *H264,
    *HEVC_AND_YOUNGER,
    *OLDER,
    *STUDIO,
    *COLOURS,
    *SHAPES,
    *TIMES,
    *ANIMATIONS,
]
