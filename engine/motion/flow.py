"""Dense optical flow between frames, and the motion left when the camera's is taken off.

All displacements are in pixels of the source, (x, y), from a frame to the one after it. Both
frames are brought into one light and smoothed a little first, and beside the motion stands the
least motion that the pair can show above its noise, pixel by pixel (`engine.motion.noise`).

Median error in pixels on a rendered texture of 640 x 360 pixels with OpenCV 5.0, and the time for
a pair on two CPU cores. Near the picture's edge, where things come in and go out, errors reach
a pixel and more with every kind.

=========  ============  ============  ============  ============  =======
kind       shift 0.4 px  shift 3.8 px  shift 13 px   turn 2 deg    time
=========  ============  ============  ============  ============  =======
dis        0.063         0.054         0.066         0.058         12 ms
dis-fine   0.013         0.012         0.014         0.029         66 ms
farneback  0.014         0.013         0.016         0.064         35 ms
tv-l1      0.054         0.045         7.0 (lost)    0.035         3.9 s
=========  ============  ============  ============  ============  =======

"tv-l1" comes with opencv-contrib-python-headless only; "dis-fine" beats it at every step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from engine.cancel import Check, never
from engine.errors import EngineError
from engine.motion.camera import camera_field, camera_motion, no_camera_motion
from engine.motion.light import evened
from engine.motion.noise import noise_floor
from engine.motion.pixels import smoothed
from engine.types import Float32Array, Float64Array, UInt8Array

_Estimate = Callable[[UInt8Array, UInt8Array], Float32Array]

_TV_L1 = "tv-l1"
_make_tv_l1 = getattr(getattr(cv2, "optflow", None), "createOptFlow_DualTVL1", None)

FLOWS: tuple[str, ...] = ("dis", "dis-fine", "farneback", *((_TV_L1,) if _make_tv_l1 else ()))
"""Kinds of flow that can be had here, the default first."""

LEAST_SIDE_PX = 8  # below, there is nothing to match
_SMOOTH_PX = 1.0  # flow follows the grain of a picture less
_PADDED_SIDE_PX = 32  # DIS fails under 12, and leaves nan in long narrow pictures


@dataclass(frozen=True, slots=True, eq=False)
class FrameFlow:
    """Motion from one frame to the next.

    Attributes
    ----------
    flow : float32 array, (H, W, 2)
        Displacement (x, y) of every pixel, in pixels per frame, camera and all.
    camera : float64 array, (3, 3)
        Homography of the background from this frame to the next, in pixels; the identity where
        it was not asked for or could not be estimated.
    residual : float32 array, (H, W, 2)
        Flow less the camera's motion, in pixels per frame.
    magnitude : float32 array, (H, W)
        Length of the residual, in pixels per frame, >= 0.
    inlier_share : float
        Share of the background tracks that follow the camera model, 0 to 1; nan where none
        was estimated.
    floor : float32 array, (H, W)
        The least magnitude that says something, in pixels per frame, >= 0: below, it may be
        the noise of the pictures.
    contested : bool
        Whether the camera's motion may as well be that of a large thing.
    """

    flow: Float32Array
    camera: Float64Array
    residual: Float32Array
    magnitude: Float32Array
    inlier_share: float
    floor: Float32Array
    contested: bool = False

    def __post_init__(self) -> None:
        for values in (self.flow, self.camera, self.residual, self.magnitude, self.floor):
            values.setflags(write=False)

    @property
    def camera_found(self) -> bool:
        """Whether the camera's motion could be estimated, and was taken off."""
        return bool(np.isfinite(self.inlier_share))

    @property
    def significant(self) -> Float32Array:
        """The magnitude where it exceeds the floor and 0 elsewhere, float32 (H, W)."""
        return np.where(self.magnitude > self.floor, self.magnitude, np.float32(0))

    @property
    def energy(self) -> float:
        """Mean significant magnitude over the picture, in pixels per frame."""
        return float(self.significant.mean(dtype=np.float64))


def flow_between(first: UInt8Array, second: UInt8Array, *, kind: str = "dis") -> Float32Array:
    """Dense optical flow from one picture to another.

    Parameters
    ----------
    first, second : uint8 array, (H, W, 3)
        RGB pictures of equal size, sides of 8 pixels or more.
    kind : str
        One of `FLOWS`.

    Returns
    -------
    float32 array, (H, W, 2)
        Displacement (x, y) in pixels: what is at p in the first is at p + flow[p] in the second.

    Raises
    ------
    EngineError
        If the pictures are not RGB uint8, differ in size or are too small, or the kind is not
        known or needs another OpenCV.

    Notes
    -----
    "dis": Kroeger et al. 2016 (arXiv 1603.03590). "farneback": Farneback 2003. "tv-l1": Zach,
    Pock and Bischof 2007. "dis-fine" is "dis" down to full resolution with more refinement.
    """
    estimate = _estimator(kind)
    before, after = _grey(first), _grey(second)
    _check_sizes(before, after)
    return estimate(*_prepared(before, after))


def significant_flow(first: UInt8Array, second: UInt8Array) -> Float32Array:
    """Return the default flow from one picture to another, 0 where it may be noise.

    Parameters, errors and the array are those of `flow_between`. The camera is left in.
    """
    before, after = _grey(first), _grey(second)
    _check_sizes(before, after)
    motion = _motion(before, after, _estimator(FLOWS[0]), camera=False)
    return np.where((motion.magnitude > motion.floor)[..., None], motion.flow, np.float32(0))


def flows(
    frames: Iterable[UInt8Array], *, kind: str = "dis", camera: bool = True, check: Check = never
) -> Iterator[FrameFlow]:
    """Yield the motion from each frame to the next, holding two frames at a time.

    Parameters
    ----------
    frames : iterable of uint8 arrays, (H, W, 3)
        RGB frames of equal size, sides of 8 pixels or more, in order.
    kind : str
        One of `FLOWS`.
    camera : bool
        Whether the camera's motion is estimated and taken off.
    check : Check
        Called once for each frame.

    Returns
    -------
    iterator of FrameFlow
        One for each frame. The last frame repeats the motion of the one before it; a single
        frame does not move.

    Raises
    ------
    EngineError
        If the kind is not known or needs another OpenCV, at once; if a frame is not RGB uint8,
        too small, or unlike the one before in size, when its turn comes.
    """
    return _stream(frames, _estimator(kind), camera, check)


def _stream(
    frames: Iterable[UInt8Array], estimate: _Estimate, camera: bool, check: Check
) -> Iterator[FrameFlow]:
    before: UInt8Array | None = None
    motion: FrameFlow | None = None
    for frame in frames:
        check()
        after = _grey(frame)
        if before is not None:
            _check_sizes(before, after)
            motion = _motion(before, after, estimate, camera)
            yield motion
        before = after
    if motion is not None:
        yield motion
    elif before is not None:
        zero = np.zeros(before.shape, np.float32)
        still = np.zeros((*before.shape, 2), np.float32)
        yield FrameFlow(still, np.eye(3), still, zero, float("nan"), zero)


def _motion(before: UInt8Array, after: UInt8Array, estimate: _Estimate, camera: bool) -> FrameFlow:
    """Measure the motion between two frames in grey of one size."""
    before, after = _prepared(before, after)
    flow = estimate(before, after)
    moved = camera_motion(before, after, flow) if camera else no_camera_motion()
    height, width = before.shape
    residual = flow - camera_field(moved.transform, (height, width))
    magnitude = np.sqrt(np.square(residual).sum(axis=-1))
    floor = noise_floor(before, after, flow, residual)
    return FrameFlow(
        flow, moved.transform, residual, magnitude, moved.inlier_share, floor, moved.contested
    )


def _prepared(before: UInt8Array, after: UInt8Array) -> tuple[UInt8Array, UInt8Array]:
    """Return two frames in one light, and smoothed."""
    return smoothed(before, _SMOOTH_PX), smoothed(evened(before, after), _SMOOTH_PX)


def _grey(picture: UInt8Array) -> UInt8Array:
    """Check an RGB picture and return its luma, (H, W)."""
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise EngineError(
            f"A frame is a {picture.dtype} array of shape {picture.shape}, "
            "but optical flow needs uint8 RGB (H, W, 3).",
            "Decode the video to 8-bit RGB first.",
        )
    if min(picture.shape[:2]) < LEAST_SIDE_PX:
        raise EngineError(
            f"A frame of {picture.shape[1]} x {picture.shape[0]} pixels is too small "
            "for optical flow.",
            f"Use frames of at least {LEAST_SIDE_PX} x {LEAST_SIDE_PX} pixels.",
        )
    grey: UInt8Array = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    return grey


def _check_sizes(before: UInt8Array, after: UInt8Array) -> None:
    if before.shape != after.shape:
        raise EngineError(
            f"Two frames differ in size: {before.shape[1]} x {before.shape[0]} "
            f"and {after.shape[1]} x {after.shape[0]} pixels.",
            "Bring all frames to one size first.",
        )


def _estimator(kind: str) -> _Estimate:
    """Make what computes the flow between grey pictures of one size."""
    if kind == _TV_L1 and kind not in FLOWS:
        raise EngineError(
            "Optical flow of kind 'tv-l1' is not in this OpenCV.",
            "Install opencv-contrib-python-headless instead of opencv-python-headless, "
            f"or use one of: {', '.join(FLOWS)}.",
        )
    if kind not in FLOWS:
        raise EngineError(
            f"There is no optical flow of kind {kind!r}.", f"Use one of: {', '.join(FLOWS)}."
        )
    make = {"dis": _dis, "dis-fine": _dis_fine, "farneback": _farneback, _TV_L1: _tv_l1}[kind]
    return _padded(make())


def _padded(estimate: _Estimate) -> _Estimate:
    """Let an estimator work on small pictures, by repeating their last row and column."""

    def estimate_padded(before: UInt8Array, after: UInt8Array) -> Float32Array:
        height, width = before.shape
        missing = ((0, max(0, _PADDED_SIDE_PX - height)), (0, max(0, _PADDED_SIDE_PX - width)))
        before, after = (np.pad(grey, missing, mode="edge") for grey in (before, after))
        return np.ascontiguousarray(estimate(before, after)[:height, :width])

    return estimate_padded


def _dis() -> _Estimate:
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return lambda before, after: dis.calc(before, after, None)


def _dis_fine() -> _Estimate:
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    dis.setFinestScale(0)
    dis.setVariationalRefinementIterations(10)
    return lambda before, after: dis.calc(before, after, None)


def _farneback() -> _Estimate:
    def estimate(before: UInt8Array, after: UInt8Array) -> Float32Array:
        flow: Float32Array = cv2.calcOpticalFlowFarneback(
            before, after, None, 0.5, levels=5, winsize=15, iterations=3, poly_n=5,
            poly_sigma=1.1, flags=0,
        )  # fmt: skip
        return flow

    return estimate


def _tv_l1() -> _Estimate:
    assert _make_tv_l1 is not None  # or it would not be among FLOWS
    tv_l1 = _make_tv_l1()
    return lambda before, after: tv_l1.calc(before, after, None)
