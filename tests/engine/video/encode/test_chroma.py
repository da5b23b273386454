from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter

from engine.types import UInt8Array
from engine.video.encode.chroma import to_yuv420
from tests.engine.video.encode.overlays import psnr


def shown(rgb: UInt8Array) -> UInt8Array:
    """What a player makes of a converted picture."""
    frame = to_yuv420(rgb, VideoReformatter())
    frame.colorspace = Colorspace.ITU709
    return frame.to_ndarray(format="rgb24")


def test_thin_coloured_lines_keep_their_colour() -> None:
    picture = np.full((96, 128, 3), 24, np.uint8)
    picture[20:22, 8:120] = picture[40:90, 61:63] = (240, 160, 0)
    picture[60:63, 8:120] = (80, 160, 220)
    plain = VideoReformatter().reformat(
        VideoFrame.from_ndarray(picture, "rgb24"),
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
    )
    plain.colorspace = Colorspace.ITU709
    assert psnr(shown(picture), picture) > psnr(plain.to_ndarray(format="rgb24"), picture) + 1


def test_even_colours_are_exact() -> None:
    for colour in ((0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255), (20, 200, 120)):
        picture = np.full((16, 16, 3), colour, np.uint8)
        assert np.abs(shown(picture).astype(int) - colour).max() <= 2
