"""An open file and its one video stream, with failures as sentences for the user.

Apart from the rest because it is the border to FFmpeg: what can be refused without decoding is
refused here, and library errors become `VideoError` here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from os import PathLike
from pathlib import Path

import av
from av.container import InputContainer
from av.format import ContainerFormat
from av.stream import Disposition
from av.video.stream import VideoStream

from engine.errors import VideoError
from engine.video.container.header_checks import refuse_absurd_claims
from engine.video.container.limits import Limits

_RACY_CODECS = frozenset({"mpeg1video", "mpeg2video"})
"""What FFmpeg paints over damage differs from run to run if several threads do it."""
_NOT_VIDEO_FORMATS = frozenset({"tty"})
_OTHER_FILES = frozenset(
    (
        *("hls", "concat", "dash", "sdp", "rtsp", "rtp", "sap", "imf", "lavfi", "vobsub"),
        *("image2pipe", "alsa", "oss", "fbdev", "x11grab", "kmsgrab", "video4linux2,v4l2"),
    )
)
"""Formats that make FFmpeg open other files, addresses or devices."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/{1,2}[^/]", re.IGNORECASE)
_CHECK_FILE = "Check that it is a video and that it was copied completely."


@contextmanager
def video_errors(path: Path) -> Iterator[None]:
    """Turn whatever FFmpeg and the file system raise into a `VideoError` that names the file."""
    try:
        yield
    except PermissionError as error:
        raise VideoError(
            f"{path} may not be read.", "Change its permissions, or open a copy of it."
        ) from error
    except MemoryError as error:
        raise VideoError(
            f"{path} needs more memory than there is.",
            "Close other programs, or use a smaller video.",
        ) from error
    except (av.FFmpegError, OSError, ValueError) as error:
        raise VideoError(
            f"{path} cannot be read as a video ({_reason(error)}).", _CHECK_FILE
        ) from error


@dataclass(frozen=True, slots=True)
class Stream:
    """A video stream of a file.

    Attributes
    ----------
    path : Path
        An existing file.
    number : int or None
        Among the file's video streams, from 0; None takes the one that the file marks as its
        default, or else the first. Cover pictures do not count.
    """

    path: Path
    number: int | None = None


def local_path(path: str | PathLike[str]) -> Path:
    """Return the path of a file on this machine.

    Raises
    ------
    VideoError
        If it is an address on a network, or stands for standard input.
    """
    text = os.fspath(path)
    if _ADDRESS.match(text) and not Path(text).exists():
        raise VideoError(
            f"{text} is an address, not a file.", "Download the video, and open the file."
        )
    if text == "-":
        raise VideoError(
            "A video cannot be read from standard input: frames are sought at will.",
            "Write it to a file first.",
        )
    return Path(text)


class Source:
    """An open file and the stream of it that is shown.

    Parameters
    ----------
    stream : Stream
        What to open.
    tolerant : bool
        Whether to get as much as possible out of a damaged stream. Pictures are then decoded one
        at a time, which is slower, but FFmpeg then loses none behind an error. Otherwise any
        damage is an error, where FFmpeg would paint over it without a word.

    Attributes
    ----------
    number, stream_count : int
        Which of the file's video streams it is, and how many there are.

    Raises
    ------
    VideoError
        If the file cannot be opened or holds no video.
    """

    def __init__(self, stream: Stream, *, tolerant: bool = False) -> None:
        path = stream.path
        _refuse_what_is_no_file(path)
        limits = Limits.from_environment()
        with video_errors(path):
            refuse_absurd_claims(path, limits)
            # "file:" keeps a name such as "take:2.mp4" from being read as a protocol
            self.container: InputContainer = av.open(
                f"file:{path.absolute()}",
                options=_probing() | limits.decoder_options,
                metadata_errors="replace",
            )
        try:
            streams = _moving_streams(self.container, path)
            self.stream_count = len(streams)
            self.stream: VideoStream = _choose_stream(streams, stream, limits)
            self.number = streams.index(self.stream)
            self.stream.thread_type = "SLICE" if tolerant else "AUTO"
            if tolerant and self.stream.codec_context.name in _RACY_CODECS:
                self.stream.codec_context.thread_count = 1
            strict = {} if tolerant else {"err_detect": "explode"}
            self.stream.codec_context.options = limits.decoder_options | strict
        except BaseException:
            self.container.close()
            raise

    def close(self) -> None:
        """Close the file and the decoder, if still open."""
        self.container.close()


def _refuse_what_is_no_file(path: Path) -> None:
    with video_errors(path):
        if path.is_dir():
            raise VideoError(f"{path} is a folder.", "Choose a video file in it.")
        if not path.exists():
            raise VideoError(f"{path} does not exist.", "Check the name and the folder.")
        if not path.is_file():
            raise VideoError(f"{path} is not a regular file.", "Choose a video file.")
        if path.stat().st_size == 0:
            raise VideoError(f"{path} is empty (0 bytes).", "Copy or download it again.")


def _moving_streams(container: InputContainer, path: Path) -> list[VideoStream]:
    if container.format.name in _NOT_VIDEO_FORMATS:
        raise VideoError(f"{path} is text, not a video.", "Choose a video file.")
    streams = container.streams.video
    moving = [stream for stream in streams if not stream.disposition & Disposition.attached_pic]
    if not moving:
        kind = "only a cover picture" if streams else "no video stream"
        raise VideoError(f"{path} holds {kind}.", "Choose a file with moving pictures.")
    return moving


def _choose_stream(streams: list[VideoStream], choice: Stream, limits: Limits) -> VideoStream:
    if choice.number is None:
        default = (stream for stream in streams if stream.disposition & Disposition.default)
        chosen = next(default, streams[0])
        if chosen.frames == 1:  # an animated picture file's own still
            chosen = max(streams, key=lambda stream: stream.frames)
    elif 0 <= choice.number < len(streams):
        chosen = streams[choice.number]
    else:
        raise VideoError(
            f"{choice.path} has no video stream {choice.number}.",
            f"It has {len(streams)}, counted from 0.",
        )
    _refuse_what_cannot_be_decoded(chosen, choice.path, limits)
    return chosen


def _refuse_what_cannot_be_decoded(stream: VideoStream, path: Path, limits: Limits) -> None:
    context = stream.codec_context
    if context is None:
        raise VideoError(
            f"{path} uses a video codec that this FFmpeg cannot decode.",
            "Convert it to H.264, for example with HandBrake.",
        )
    limits.refuse_pixels(path, context.width, context.height)


@cache
def _probing() -> dict[str, str]:
    """Return options that keep FFmpeg to this one file, not a pattern for others."""
    formats = ",".join(
        name for name in sorted(av.formats_available) if name not in _OTHER_FILES and _reads(name)
    )
    return {"protocol_whitelist": "file", "format_whitelist": formats, "pattern_type": "none"}


def _reads(format_name: str) -> bool:
    try:
        return ContainerFormat(format_name, "r").is_input
    except ValueError:  # a format that is only written
        return False


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text)[:1].lower() + str(text)[1:]
