"""MP4 and WebM: pictures as BT.709 YUV 4:2:0, which every player shows, and sound beside them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Literal, Unpack

import av
import numpy as np
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from engine.types import UInt8Array
from engine.video.encode.chroma import to_yuv420
from engine.video.encode.encoders import SOFTWARE, h264_encoder
from engine.video.encode.sound import SoundRange, SoundTrack
from engine.video.encode.writer import Writer, WriterOptions

Encoder = Literal["software", "auto"]

_BT709 = 1
_LIMITED_RANGE = 1
_KEY_FRAME_EVERY_S = 2
_MOST_BETWEEN_KEY_FRAMES = 2**15
"""Pictures; files tell rates of any size, and encoders count in 32 bits."""
_HARDWARE_BITS_PER_PIXEL = 0.3


class EncodedWriter(Writer):
    """Base of the MP4 and WebM writers, with the promises of `Writer`.

    Odd sizes are padded by repeating the edge.

    Parameters
    ----------
    sound : SoundRange or None
        Sound to go with the pictures. A range without sound is none.
    """

    _container_format: ClassVar[str]
    _container_options: ClassVar[dict[str, str]]
    _copied_sound: ClassVar[frozenset[str]]
    _sound_encoder: ClassVar[str]

    def __init__(
        self,
        path: str | os.PathLike[str],
        fps: Fraction | float,
        size: tuple[int, int],
        *,
        sound: SoundRange | None = None,
        **options: Unpack[WriterOptions],
    ) -> None:
        super().__init__(path, fps, size, **options)
        self._sound_range = sound
        self._reformatter = VideoReformatter()
        self._container: OutputContainer | None = None
        self._sound: SoundTrack | None = None

    def _codec(self) -> tuple[str, Mapping[str, str]]:
        """FFmpeg's name of the encoder, and its options."""
        raise NotImplementedError

    def _open(self, path: Path) -> None:
        self._container = av.open(
            f"file:{path}", "w", format=self._container_format, options=self._container_options
        )
        self._stream = self._add_stream(self._container)
        if self._sound_range is not None:
            self._sound = SoundTrack.of(
                self._sound_range, self._container, self._copied_sound, self._sound_encoder
            )

    def _add_stream(self, container: OutputContainer) -> VideoStream:
        name, options = self._codec()
        stream = container.add_stream(name, rate=self._rate, options=dict(options))
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = _even(self._width), _even(self._height)
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        every = max(round(self._rate * _KEY_FRAME_EVERY_S), 1)
        context.gop_size = min(every, _MOST_BETWEEN_KEY_FRAMES)
        # pictures stored as they are shown: else MP4 with a variable rate ends too early
        context.max_b_frames = 0
        context.flags |= Flags.frame_duration
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _LIMITED_RANGE
        return stream

    def _append(self, rgb: UInt8Array, tick: int) -> None:
        assert self._container is not None
        frame = self._to_yuv(rgb)
        if self._count == 0:
            self._stream.codec_context.time_base = self._time_base
        frame.pts, frame.time_base = tick, self._time_base
        frame.duration = self._frame_ticks()
        self._mux_sound(float(tick * self._time_base))
        self._container.mux(self._stream.encode(frame))

    def _frame_ticks(self) -> int:
        return max(round(1 / self._rate / self._time_base), 1)

    def _mux_sound(self, until_s: float) -> None:
        if self._sound is not None:
            self._sound.mux_until(until_s, self._check)

    def _to_yuv(self, rgb: UInt8Array) -> VideoFrame:
        below, right = _even(self._height) - self._height, _even(self._width) - self._width
        padded = np.pad(rgb, ((0, below), (0, right), (0, 0)), "edge") if below or right else rgb
        return to_yuv420(padded, self._reformatter)

    def _complete(self) -> None:
        assert self._container is not None
        self._mux_sound(float((self._last_tick + self._frame_ticks()) * self._time_base))
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def _let_go(self) -> None:
        if self._sound is not None:
            self._sound.close()
        if self._container is not None:
            # does nothing after a success; after a failure its own errors would hide the first
            with contextlib.suppress(av.FFmpegError, OSError, ValueError):
                self._container.close()


class VideoWriter(EncodedWriter):
    """Writes H.264 in MP4 that plays everywhere (yuv420p, BT.709, index at the front).

    Times are kept to 1/90000 s.

    Parameters
    ----------
    crf : int
        x264's quality, 0 (lossless) to 51; 16 keeps annotated clips above 35 dB in any reader.
    preset : str
        x264's speed, "ultrafast" to "veryslow".
    encoder : str
        "software": x264, whose files are the same on every computer. "auto": the graphics
        card's encoder where one really works, which is faster but differs from card to card.
    """

    _container_format = "mp4"
    _container_options: ClassVar = {"movflags": "+faststart"}
    _copied_sound = frozenset({"aac", "mp3"})
    _sound_encoder = "aac"

    def __init__(
        self,
        path: str | os.PathLike[str],
        fps: Fraction | float,
        size: tuple[int, int],
        *,
        crf: int = 16,
        preset: str = "veryfast",
        encoder: Encoder = "software",
        sound: SoundRange | None = None,
        **options: Unpack[WriterOptions],
    ) -> None:
        super().__init__(path, fps, size, sound=sound, **options)
        self._x264_options = {"crf": str(crf), "preset": preset}
        self._encoder = encoder

    def _codec(self) -> tuple[str, Mapping[str, str]]:
        name = SOFTWARE
        if self._encoder == "auto":
            name = h264_encoder((_even(self._width), _even(self._height)))
        if name == SOFTWARE:
            return name, self._x264_options
        pixels_per_s = self._width * self._height * self._rate
        return name, {"b": str(round(pixels_per_s * _HARDWARE_BITS_PER_PIXEL))}


class WebMWriter(EncodedWriter):
    """Writes VP9 in WebM (yuv420p, BT.709, index at the front).

    Times are kept to 1 ms, which is what WebM stores. The settings are libvpx's for live
    encoding: on two cores seven times as fast as the "good" ones and no worse to look at.

    Parameters
    ----------
    crf : int
        VP9's quality, 0 to 63; 24 looks like the original.
    """

    _container_format = "webm"
    _container_options: ClassVar = {"cues_to_front": "1"}
    _copied_sound = frozenset({"opus", "vorbis"})
    _sound_encoder = "libopus"

    def __init__(
        self,
        path: str | os.PathLike[str],
        fps: Fraction | float,
        size: tuple[int, int],
        *,
        crf: int = 24,
        sound: SoundRange | None = None,
        **options: Unpack[WriterOptions],
    ) -> None:
        super().__init__(path, fps, size, sound=sound, **options)
        self._crf = crf

    def _codec(self) -> tuple[str, Mapping[str, str]]:
        return "libvpx-vp9", {
            "crf": str(self._crf),
            "b": "0",
            "deadline": "realtime",
            "cpu-used": "6",
            "row-mt": "1",
            "tile-columns": "2",
            "lag-in-frames": "0",
        }


def _even(length: int) -> int:
    return length + length % 2
