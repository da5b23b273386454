"""A file, opened for reading, and its one video stream; every refusal is a sentence for the user.

Apart from the rest because it is the border to FFmpeg: what can be refused without decoding is
refused here, and library errors become `VideoError` here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from engine.errors import VideoError

MAX_PIXELS = 2**28
"""Pixels in one picture (16384 x 16384) above which a file is refused before memory is taken."""

_NOT_VIDEO_FORMATS = frozenset({"tty"})
_PROBED = {"protocol_whitelist": "file"}
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


class Source:
    """An open file and the stream of it that is shown.

    Parameters
    ----------
    path : Path
        An existing file.
    tolerant : bool
        Whether to get as much as possible out of a damaged stream. Pictures are then decoded one
        at a time, which is slower, but FFmpeg then loses none behind an error. Otherwise any
        damage is an error, where FFmpeg would paint over it without a word.

    Raises
    ------
    VideoError
        If the file cannot be opened or holds no video.
    """

    def __init__(self, path: Path, *, tolerant: bool = False) -> None:
        self.path = path
        _refuse_what_is_no_file(path)
        with video_errors(path):
            # "file:" keeps a name such as "take:2.mp4" from being read as a protocol
            self.container: InputContainer = av.open(
                f"file:{path.absolute()}", options=_PROBED, metadata_errors="replace"
            )
        try:
            self.stream: VideoStream = _choose_stream(self.container, path)
            self.stream.thread_type = "SLICE" if tolerant else "AUTO"
            self.stream.codec_context.options = {} if tolerant else {"err_detect": "explode"}
        except BaseException:
            self.container.close()
            raise

    def close(self) -> None:
        """Give the file and the decoder back; may be called twice."""
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


def _choose_stream(container: InputContainer, path: Path) -> VideoStream:
    if container.format.name in _NOT_VIDEO_FORMATS:
        raise VideoError(f"{path} is text, not a video.", "Choose a video file.")
    streams = container.streams.video
    real = [stream for stream in streams if not stream.disposition & Disposition.attached_pic]
    if not real:
        kind = "only a cover picture" if streams else "no video stream"
        raise VideoError(f"{path} holds {kind}.", "Choose a file with moving pictures.")
    chosen = next((stream for stream in real if stream.disposition & Disposition.default), real[0])
    _refuse_what_cannot_be_decoded(chosen, path)
    return chosen


def _refuse_what_cannot_be_decoded(stream: VideoStream, path: Path) -> None:
    context = stream.codec_context
    if context is None:
        raise VideoError(
            f"{path} uses a video codec that this FFmpeg cannot decode.",
            "Convert it to H.264, for example with HandBrake.",
        )
    if context.width * context.height > MAX_PIXELS:
        raise VideoError(
            f"{path} claims pictures of {context.width} x {context.height} pixels; "
            f"the limit is {MAX_PIXELS} pixels.",
            "Check that the file is sound, or scale the video down first.",
        )


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text)[:1].lower() + str(text)[1:]
