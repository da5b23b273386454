"""Conversion of a decoder's frame to RGB for display: colour, size, orientation.

FFmpeg's swscale reads the colour matrix and range that the frame is tagged with. Untagged video
is taken as BT.601 limited range, as FFmpeg, OpenCV and torchvision take it, so that a model is
given the colours it was trained on. HDR is tone-mapped, transparent pictures lie on a background.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt
from av.buffer import Buffer
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from engine.types import UInt8Array
from engine.video.decode.exif import without_exif
from engine.video.decode.hdr import is_hdr, tone_mapped

_EXACT = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
_SAME_SIZE = Interpolation.BILINEAR | _EXACT
_SCALED = Interpolation.AREA | _EXACT
_QUICK = Interpolation.BILINEAR
_QUICK_FORMATS = frozenset({"yuv420p", "yuvj420p"})
_TRIED_ROWS = 32

Colour = tuple[int, int, int]
BLACK: Colour = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Orientation:
    """Orientation of a stored picture: first transposed, then mirrored.

    Attributes
    ----------
    transpose : bool
        Exchange rows and columns.
    mirror_x, mirror_y : bool
        Exchange left and right, top and bottom, after that.
    """

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return width and height after turning, or before it if given those after."""
        return (height, width) if self.transpose else (width, height)

    def apply(self, picture: UInt8Array) -> UInt8Array:
        """Turn a uint8 picture (H, W, 3). The result may be a view."""
        turned = picture.swapaxes(0, 1) if self.transpose else picture
        return turned[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]


def orientation_of(frame: VideoFrame) -> Orientation:
    """Return the orientation that a frame's display matrix asks for, in steps of 90 degrees."""
    frame = without_exif(frame)
    try:
        raw = cast("Mapping[str, Buffer]", frame.side_data)["DISPLAYMATRIX"]
    except (KeyError, ValueError):  # ValueError: the frame carries side data unknown to PyAV
        return _turned_by(frame.rotation)
    return _from_matrix(np.frombuffer(bytes(raw), "<i4").reshape(3, 3)[:2, :2])


def _turned_by(degrees: int) -> Orientation:
    quarters = round(degrees / 90) % 4
    return Orientation(quarters % 2 == 1, quarters >= 2, quarters in (1, 2))


def _from_matrix(matrix: npt.NDArray[np.int32]) -> Orientation:
    """Return the orientation for rows (a, b), (c, d): x' = a x + c y and y' = b x + d y."""
    (a, b), (c, d) = matrix.astype(np.int64).tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(True, c < 0, b < 0)
    return Orientation(False, a < 0, d < 0)


def shown_size(size: tuple[int, int], pixel_aspect: Fraction) -> tuple[int, int]:
    """Return the size at which pixels of that aspect look right, no side shorter."""
    width, height = size
    if pixel_aspect >= 1:
        return round(float(width * pixel_aspect)), height
    return width, round(float(height / pixel_aspect))


class Converter:
    """Makes RGB pictures of one video's frames.

    Parameters
    ----------
    first : VideoFrame
        Its size and orientation hold for all frames: one that differs is scaled to it.
    background : (int, int, int)
        Red, green and blue, 0 to 255, behind transparent pictures.
    """

    def __init__(self, first: VideoFrame, background: Colour = BLACK) -> None:
        self._stored_size = (first.width, first.height)
        self._orientation = orientation_of(first)
        self._background = background
        # one each: a reformatter keeps its tables as long as its sizes stay the same
        self._full, self._quick = VideoReformatter(), VideoReformatter()
        self._scaled, self._deep = VideoReformatter(), VideoReformatter()
        self._lift = cache(self._measured_lift)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, after turning."""
        return self._orientation.size(*self._stored_size)

    def rgb(self, frame: VideoFrame) -> UInt8Array:
        """Return a frame at the video's size: uint8 (H, W, 3), contiguous, owned by the caller."""
        same = (frame.width, frame.height) == self._stored_size
        if same and _can_be_quick(frame):
            stored = self._quick_rgb(frame)
        else:
            flags = _SAME_SIZE if same else _SCALED
            stored = self._converted(frame, self._stored_size, self._full, flags)
        return np.ascontiguousarray(self._orientation.apply(stored))

    def picture(self, frame: VideoFrame, width: int, height: int) -> UInt8Array:
        """Return a frame scaled by area averaging: uint8 (height, width, 3), contiguous."""
        size = self._orientation.size(width, height)
        stored = self._converted(frame, size, self._scaled, _SCALED)
        return np.ascontiguousarray(self._orientation.apply(stored))

    def _converted(
        self,
        frame: VideoFrame,
        size: tuple[int, int],
        reformatter: VideoReformatter,
        flags: Interpolation,
    ) -> UInt8Array:
        if is_hdr(frame):
            deep = self._deep.reformat(frame, *size, "rgb48le", interpolation=flags, threads=1)
            return tone_mapped(deep.to_ndarray(), frame.color_trc, frame.color_primaries)
        if _has_alpha(frame):
            same = (frame.width, frame.height)
            rgba = reformatter.reformat(frame, *same, "rgba", interpolation=_SAME_SIZE, threads=1)
            return _resized(_over(rgba.to_ndarray(), self._background), size)
        converted = reformatter.reformat(frame, *size, "rgb24", interpolation=flags, threads=1)
        picture = np.asarray(converted.to_ndarray(), np.uint8)
        # nothing to convert: the memory is the decoder's own, and cached
        return picture.copy() if converted is frame else picture

    def _quick_rgb(self, frame: VideoFrame) -> UInt8Array:
        """Convert at a tenth of the cost, within 2 of 255.

        swscale's quick way cuts off what should be rounded: what it is too dark by is added
        (docs/decisions/0012).
        """
        dark = self._quick.reformat(frame, format="rgb24", interpolation=_QUICK, threads=1)
        lift = self._lift(frame.colorspace, frame.color_range, frame.format.name)
        picture = np.asarray(dark.to_ndarray(), np.uint8)  # FFmpeg's memory, nobody else's
        return np.asarray(cv2.add(picture, (lift, lift, lift, 0), dst=picture), np.uint8)

    def _measured_lift(self, matrix: int, colour_range: int, format_name: str) -> int:
        """Measure how much too dark the quick way is, on this processor and at this width."""
        width, height = self._stored_size
        sample = VideoFrame(width, min(height, _TRIED_ROWS), format_name)
        rng = np.random.default_rng(0)
        for plane in sample.planes:
            plane.update(rng.integers(64, 192, plane.buffer_size, np.uint8).tobytes())
        sample.colorspace, sample.color_range = matrix, colour_range
        quick, exact = (
            VideoReformatter().reformat(sample, format="rgb24", interpolation=flags, threads=1)
            for flags in (_QUICK, _SAME_SIZE)
        )
        return round(float(exact.to_ndarray().mean() - quick.to_ndarray().mean()))


def _can_be_quick(frame: VideoFrame) -> bool:
    even = frame.width % 2 == 0 and frame.height % 2 == 0
    return even and frame.format.name in _QUICK_FORMATS and not is_hdr(frame)


def _has_alpha(frame: VideoFrame) -> bool:
    kind = frame.format
    return kind.has_palette or any(component.is_alpha for component in kind.components)


def _over(rgba: npt.NDArray[np.generic], background: Colour) -> UInt8Array:
    """Blend straight alpha over a colour: uint8 (H, W, 4) to (H, W, 3)."""
    picture, alpha = np.asarray(rgba[..., :3], np.uint8), np.asarray(rgba[..., 3:], np.uint8)
    if alpha.min(initial=255) == 255:
        return np.ascontiguousarray(picture)
    opacity = alpha.astype(np.float32) / 255
    behind = np.array(background, np.float32)
    return np.rint(behind + (picture - behind) * opacity).astype(np.uint8)


def _resized(picture: UInt8Array, size: tuple[int, int]) -> UInt8Array:
    if picture.shape[1::-1] == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
