"""From a decoder's frame to RGB as it is to be seen: colour, size, orientation.

FFmpeg's swscale reads the colour matrix and range that the frame is tagged with. Untagged video
is taken as BT.601 limited range, as FFmpeg, OpenCV and torchvision take it, so that a model is
given the colours it was trained on. HDR is not tone-mapped. Alpha is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from av.buffer import Buffer
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from engine.types import UInt8Array

# Without these flags every channel comes out 1 to 1.5 of 255 too dark; at full size they cost
# 5.7 ms a 1080p frame instead of 0.7, scaled to 640 x 360 1.3 ms instead of 0.9.
_EXACT = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
_SAME_SIZE = Interpolation.BILINEAR | _EXACT
_SCALED = Interpolation.AREA | _EXACT


@dataclass(frozen=True, slots=True)
class Orientation:
    """How the stored picture is to be turned: first transposed, then mirrored.

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
        """Width and height after turning; the same function undoes it."""
        return (height, width) if self.transpose else (width, height)

    def apply(self, picture: UInt8Array) -> UInt8Array:
        """Turn a uint8 picture (H, W, 3). The result may be a view."""
        turned = picture.swapaxes(0, 1) if self.transpose else picture
        return turned[:: -1 if self.mirror_y else 1, :: -1 if self.mirror_x else 1]


def orientation_of(frame: VideoFrame) -> Orientation:
    """Orientation that the display matrix of a frame asks for, in steps of 90 degrees."""
    try:
        raw = cast("Mapping[str, Buffer]", frame.side_data)["DISPLAYMATRIX"]
    except (KeyError, ValueError):  # ValueError: the frame carries side data unknown to PyAV
        return _turned_by(frame.rotation)
    return _from_matrix(np.frombuffer(bytes(raw), "<i4").reshape(3, 3)[:2, :2])


def _turned_by(degrees: int) -> Orientation:
    quarters = round(degrees / 90) % 4
    return Orientation(quarters % 2 == 1, quarters >= 2, quarters in (1, 2))


def _from_matrix(matrix: npt.NDArray[np.int32]) -> Orientation:
    """Orientation for rows (a, b), (c, d): x' = a x + c y and y' = b x + d y."""
    (a, b), (c, d) = matrix.astype(np.int64).tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(True, c < 0, b < 0)
    return Orientation(False, a < 0, d < 0)


class Converter:
    """Makes RGB pictures of one video's frames.

    Parameters
    ----------
    first : VideoFrame
        Its size and orientation hold for all frames: one that differs is scaled to it.
    """

    def __init__(self, first: VideoFrame) -> None:
        self._stored_size = (first.width, first.height)
        self._orientation = orientation_of(first)
        # one each: a reformatter keeps its tables as long as its sizes stay the same
        self._full, self._scaled = VideoReformatter(), VideoReformatter()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, after turning."""
        return self._orientation.size(*self._stored_size)

    def rgb(self, frame: VideoFrame) -> UInt8Array:
        """Frame at the video's size: uint8 (H, W, 3), contiguous, owned by the caller."""
        same = (frame.width, frame.height) == self._stored_size
        flags = _SAME_SIZE if same else _SCALED
        return self._array(
            frame,
            self._full.reformat(frame, *self._stored_size, "rgb24", interpolation=flags, threads=1),
        )

    def picture(self, frame: VideoFrame, width: int, height: int) -> UInt8Array:
        """Frame scaled by area averaging: uint8 (height, width, 3), contiguous."""
        stored = self._orientation.size(width, height)
        return self._array(
            frame, self._scaled.reformat(frame, *stored, "rgb24", interpolation=_SCALED, threads=1)
        )

    def _array(self, source: VideoFrame, converted: VideoFrame) -> UInt8Array:
        stored = np.asarray(converted.to_ndarray(), np.uint8)
        turned = np.ascontiguousarray(self._orientation.apply(stored))
        # nothing to convert: the memory is the decoder's own, and cached
        return turned.copy() if converted is source and np.shares_memory(turned, stored) else turned
