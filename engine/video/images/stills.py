"""A folder of images, or a pattern of their names, as a video.

Apart from `engine.video.decode.reader` because nothing has to be found out: a file is a frame,
each can be decoded by itself, and a rate is given rather than read.
"""

from __future__ import annotations

import glob
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from engine.cancel import Check
from engine.errors import VideoError
from engine.types import Float64Array
from engine.video.container.source import Source, Stream, video_errors
from engine.video.container.stamp import FileStamp, VideoChangedError, unchanged
from engine.video.decode.colour import orientation_of
from engine.video.decode.exif import filtered, without_exif
from engine.video.decode.reader import Seen

log = logging.getLogger(__name__)

DEFAULT_FPS = 25.0
"""Images shown in a second where nobody says otherwise: what FFmpeg takes too."""

# fmt: off: a line for each would fill the page
IMAGE_SUFFIXES = frozenset(
    (
        ".avif",
        ".bmp",
        ".dds",
        ".dpx",
        ".exr",
        ".hdr",
        ".j2c",
        ".j2k",
        ".jfif",
        ".jp2",
        ".jpe",
        ".jpeg",
        ".jpg",
        ".pam",
        ".pbm",
        ".pcx",
        ".pfm",
        ".pgm",
        ".png",
        ".pnm",
        ".ppm",
        ".qoi",
        ".rgb",
        ".sgi",
        ".tga",
        ".tif",
        ".tiff",
        ".webp",
    )
)
# fmt: on
"""Names of image files that FFmpeg decodes end in one of these; animations are apart."""

_SAME_KIND = {
    **dict.fromkeys((".jpeg", ".jpe", ".jfif"), ".jpg"),
    ".tiff": ".tif",
    **dict.fromkeys((".pbm", ".pgm", ".pnm"), ".ppm"),
}
_NUMBER_FIELD = re.compile(r"%(?:0(\d+))?d")


def find_stills(path: str | Path) -> list[Path] | None:
    """Return the images of a folder or pattern in natural order: img2 before img10.

    Parameters
    ----------
    path : str or Path
        A folder; or names with ``*``, ``?`` or ``[...]`` as a shell takes them; or a name with
        one ``%d`` or ``%04d`` for a number.

    Returns
    -------
    list of Path or None
        Files of the kind that is most frequent there; hidden ones and other files are left out.
        None if it is neither a folder nor a pattern: a single file, or nothing at all.

    Raises
    ------
    VideoError
        If there are no images, or the folder may not be read.
    """
    path = Path(path)
    with video_errors(path):
        files = _candidates(path)
        if files is None:
            return None
        images = [file for file in files if _is_image(file)]
    if not images:
        what = "is a folder without images" if path.is_dir() else "fits no image"
        raise VideoError(f"{path} {what}.", "Choose a video file, or a folder of images.")
    return sorted(_of_one_kind(path, images), key=_natural)


def still_times(count: int, fps: float = DEFAULT_FPS) -> Float64Array:
    """Return the times of so many images in seconds: float64 (count,), read-only."""
    times_s = np.arange(count, dtype=np.float64) / fps
    times_s.setflags(write=False)
    return times_s


class StillsReader:
    """Gets frames by number, each from a file of its own.

    Parameters
    ----------
    path : Path
        The folder or pattern: named in messages.
    files : sequence of Path
        An image for every frame, as `find_stills` gives them. Their sizes may differ.
    """

    def __init__(self, path: Path, files: Sequence[Path]) -> None:
        self._path = path
        self._files = tuple(files)
        self._stamps = tuple(map(FileStamp, files))
        self._lost: frozenset[int] = frozenset()

    @property
    def lost(self) -> frozenset[int]:
        """Images that were asked for and do not decode."""
        return self._lost

    def read(self, number: int, seen: Seen, check: Check) -> VideoFrame:
        """Decode one image, with parameters and errors as for a `Reader` of a stream."""
        check()
        file = self._files[number]
        try:
            with unchanged(self._stamps[number]):
                frame = _decode(file)
        except VideoChangedError:
            raise
        except VideoError as error:
            self._lost |= {number}
            raise VideoError(
                f"Frame {number} of {self._path} cannot be decoded: {error}", error.hint
            ) from error
        seen(number, frame)
        return frame

    def close(self) -> None:
        """Do nothing: no file stays open."""


def _candidates(path: Path) -> Iterator[Path] | None:
    if path.is_dir():
        return path.iterdir()
    if path.exists():  # a name may well hold brackets
        return None
    if len(_NUMBER_FIELD.findall(path.name)) == 1:
        return _numbered(path)
    if glob.has_magic(str(path)):
        return map(Path, glob.iglob(str(path)))
    return None


def _numbered(path: Path) -> Iterator[Path]:
    before, width, after = _NUMBER_FIELD.split(path.name)
    name = re.compile(
        rf"{re.escape(before)}\d{{{max(int(width or 1), 1)},}}{re.escape(after)}", re.ASCII
    )
    return (file for file in path.parent.iterdir() if name.fullmatch(file.name))


def _is_image(file: Path) -> bool:
    hidden = file.name.startswith(".")
    return not hidden and file.suffix.lower() in IMAGE_SUFFIXES and file.is_file()


def _kind(file: Path) -> str:
    suffix = file.suffix.lower()
    return _SAME_KIND.get(suffix, suffix)


def _of_one_kind(path: Path, images: list[Path]) -> list[Path]:
    counts = Counter(map(_kind, images))
    kind = max(sorted(counts), key=counts.__getitem__)
    left_out = len(images) - counts[kind]
    if left_out:
        log.warning(
            "%s: taking %d images of type %s, leaving out %d of other types",
            path,
            counts[kind],
            kind,
            left_out,
        )
    return [file for file in images if _kind(file) == kind]


def _natural(file: Path) -> tuple[list[str | int], str]:
    parts = re.split(r"(\d+)", str(file).casefold())
    return [int(part) if part.isdecimal() else part for part in parts], str(file)


def _decode(file: Path) -> VideoFrame:
    """Decode the first picture in a file, as much of it as possible."""
    try:
        return _first_picture(file, tolerant=False)
    except VideoError:
        return _first_picture(file, tolerant=True)


def _first_picture(file: Path, *, tolerant: bool) -> VideoFrame:
    source = Source(Stream(file), tolerant=tolerant)
    try:
        with video_errors(file):
            frame = next(source.container.decode(source.stream), None)
            if frame is not None:
                return _upright(frame)
    finally:
        source.close()
    raise VideoError(f"{file} holds no picture.", "Check that it was copied completely.")


def _upright(frame: VideoFrame) -> VideoFrame:
    """Return a picture turned by its EXIF block, as images of a folder may differ in it."""
    plain = without_exif(frame)
    orientation = orientation_of(plain)
    steps = [("transpose", "dir=cclock_flip")] if orientation.transpose else []
    steps += [("hflip", "")] if orientation.mirror_x else []
    steps += [("vflip", "")] if orientation.mirror_y else []
    return filtered(plain, [("sidedata", "mode=delete"), *steps]) if steps else plain
