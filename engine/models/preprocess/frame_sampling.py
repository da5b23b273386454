"""Sampling of the frames that a model takes from a video. No torch.

A model that was trained at 15 frames/s sees movement at double speed when it is given every
second frame of a 15 frames/s video, so frames are taken by their time, not by their number.
"""

from __future__ import annotations

import numpy as np

from engine.types import BoolArray, Float64Array, Int64Array, ModelSpec

_SAME_RATE = 0.03
"""Rates that differ by less are taken as equal: dropping one frame in 34 helps nobody."""

_ROUNDING_S = 1e-3
"""Containers that store milliseconds move a frame by up to half of one."""


def sample_frames(spec: ModelSpec, timestamps_s: Float64Array, start: int, stop: int) -> Int64Array:
    """Return the frames that the model takes from a range of a video.

    With ``spec.stride`` every stride-th frame. With ``spec.fps``, for each time
    ``t(start) + k / fps`` the latest frame that is shown by then. No frame is taken twice:
    where the video is slower than the model, locally or as a whole, every frame is taken once.
    On a constant rate r this is ``floor(k * r / fps)``, torchvision's resampling of
    video clips (`torchvision.datasets.video_utils.VideoClips`); rates within 3 % of the
    model's count as equal and every frame is taken.

    Parameters
    ----------
    spec : ModelSpec
        Its ``fps`` or ``stride`` is used.
    timestamps_s : float64 array, (N,)
        Time of every frame of the video in seconds, never decreasing; the rate may vary.
    start, stop : int
        First frame of the range and the frame after its last, 0 <= start < stop <= N.

    Returns
    -------
    int64 array, (M,)
        Frame numbers in the whole video, strictly increasing; the first is ``start``.

    Raises
    ------
    ValueError
        If the range is empty or reaches outside the video.
    """
    if not 0 <= start < stop <= len(timestamps_s):
        raise ValueError(f"frames {start}:{stop} are not a range of {len(timestamps_s)} frames")
    frames = np.arange(start, stop, dtype=np.int64)
    if spec.stride is not None:
        return frames[:: spec.stride]
    assert spec.fps is not None  # a ModelSpec has a stride or a rate
    times_s = np.asarray(timestamps_s[start:stop], dtype=np.float64) - timestamps_s[start]
    if len(frames) == 1 or _has_rate(times_s, spec.fps):
        return frames
    return frames[_shown_at_ticks(times_s, spec.fps)]


def _has_rate(times_s: Float64Array, fps: float) -> bool:
    """Return true if the video runs at that rate throughout, within 3 % and 1 ms."""
    mean_s = times_s[-1] / (len(times_s) - 1)
    steady = bool(np.all(np.abs(np.diff(times_s) - mean_s) <= _SAME_RATE * mean_s + _ROUNDING_S))
    return steady and abs(mean_s * fps - 1) <= _SAME_RATE


def _shown_at_ticks(times_s: Float64Array, fps: float) -> BoolArray:
    """Return a mask of the frames on screen at one of the times k / fps.

    Counting the ticks before each frame, instead of listing the ticks, keeps the memory at
    the number of frames even where a video stands still for days.
    """
    tolerance_s = _tolerance_s(times_s)
    # The last frame stays on screen for as long as a usual one.
    ends_s = np.append(times_s[1:], times_s[-1] + np.median(np.diff(times_s)))
    ticks_before = np.ceil((times_s - tolerance_s) * fps)
    ticks_before[0] = 0
    ticks_to_end = np.ceil((ends_s - tolerance_s) * fps)
    return np.asarray(ticks_before < ticks_to_end)


def _tolerance_s(times_s: Float64Array) -> float:
    """Return how far a stored time may lie behind the true one, in seconds.

    Measured as the deviation from an even grid: exact times keep a hair's breadth, so that
    29.97 frames/s gives torchvision's frames; times rounded to milliseconds get as much as
    they were rounded, or a frame shown at 66.7 ms but stored as 67 would be missed.
    """
    grid_s = np.linspace(0.0, times_s[-1], len(times_s))
    deviation_s = float(np.max(np.abs(times_s - grid_s)))
    return min(2 * deviation_s, _ROUNDING_S) + 1e-6
