"""The H.264 encoder: the graphics card's where one works, else x264.

FFmpeg lists encoders of cards that are not there, so a list says nothing: each is tried.
"""

from __future__ import annotations

import logging
from fractions import Fraction
from functools import cache

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from engine.types import UInt8Array

log = logging.getLogger(__name__)

SOFTWARE = "libx264"
_HARDWARE = ("h264_nvenc", "h264_videotoolbox", "h264_qsv", "h264_amf")
_TRIED_FRAMES = 4
_LARGEST_ERROR = 8


def h264_encoder(size: tuple[int, int]) -> str:
    """Return the name of the encoder for pictures of an even width and height in pixels."""
    return next((name for name in _HARDWARE if _works(name, size)), SOFTWARE)


@cache
def _works(name: str, size: tuple[int, int]) -> bool:
    """Try whether an encoder gives back its input, once a process and size."""
    try:
        returned = _round_trip(name, _slope(size))
    except (av.FFmpegError, ValueError) as error:  # ValueError: unknown to this FFmpeg
        log.info("%s is not used for %s: %s", name, size, error)
        return False
    worst = max((np.abs(y - _slope(size)).mean() for y in returned), default=np.inf)
    works = len(returned) == _TRIED_FRAMES and bool(worst < _LARGEST_ERROR)
    log.info("%s works for %s: %s", name, size, works)
    return works


def _slope(size: tuple[int, int]) -> UInt8Array:
    width, height = size
    rows, columns = np.mgrid[:height, :width]
    slope: UInt8Array = (32 + 96 * rows / height + 96 * columns / width).astype(np.uint8)
    return slope


def _round_trip(
    name: str, luma: UInt8Array
) -> list[np.ndarray[tuple[int, ...], np.dtype[np.int16]]]:
    height, width = luma.shape
    encoder = av.CodecContext.create(name, "w")
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(encoder, VideoCodecContext)
    assert isinstance(decoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
    encoder.max_b_frames = 0
    grey = np.full((height // 2, width), 128, np.uint8)
    frame = VideoFrame.from_ndarray(np.concatenate([luma, grey]), "yuv420p")
    packets = []
    for number in range(_TRIED_FRAMES):
        frame.pts, frame.time_base = number, Fraction(1, 25)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    frames = [frame for packet in packets for frame in decoder.decode(packet)]
    frames += decoder.decode(None)
    return [frame.to_ndarray()[:height].astype(np.int16) for frame in frames]
