"""Sampling of the frames that a model takes from a video. No torch.

A model that was trained at 15 frames/s sees movement at double speed when it is given every
second frame of a 15 frames/s video, so frames are taken by their time, not by their number.
"""

from __future__ import annotations

import numpy as np

from engine.types import Float64Array, Int64Array, ModelSpec

SAME_RATE = 0.03
"""Rates that differ by less, or whole multiples of them, are taken as equal: dropping one frame in
34 helps nobody."""

_MANY_REPEATS = 0.25
"""Share of repeated frames from which the user is told."""

_ROUNDING_S = 1e-3
"""Containers that store milliseconds move a frame by up to half of one."""

_LONGEST_STILL = 64
"""Ticks of a still picture that are kept even for a model of fewer frames."""


def sample_frames(spec: ModelSpec, timestamps_s: Float64Array, start: int, stop: int) -> Int64Array:
    """Return the frames that the model takes from a range of a video.

    With ``spec.stride`` every stride-th frame. With ``spec.fps``, one for each tick
    ``t(start) + k / fps``. Its sampling is "nearest": the frame whose time is nearest, the
    earlier one of two. Where a steady video runs at n times the model's rate, but for 3 %, every
    n-th frame is taken. Or "floor": the latest frame that is shown by the tick, on a constant
    rate r ``floor(k * r / fps)``, torchvision's resampling of clips
    (`torchvision.datasets.video_utils.VideoClips._resample_video_idx`).

    Where the video is slower than the model, locally or as a whole, a frame serves several ticks.
    A still that is shown for longer than the model's window (and 64 ticks) is cut short there.

    Parameters
    ----------
    spec : ModelSpec
        Its ``fps`` or ``stride``, ``sampling`` and ``frames`` are used.
    timestamps_s : float64 array, (N,)
        Time of every frame of the video in seconds, never decreasing; the rate may vary.
    start, stop : int
        First frame of the range and the frame after its last, 0 <= start < stop <= N.

    Returns
    -------
    int64 array, (M,)
        Frame numbers in the whole video, never decreasing; the first is ``start``.

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
    if len(frames) == 1:
        return frames
    times_s = np.asarray(timestamps_s[start:stop], dtype=np.float64) - timestamps_s[start]
    if spec.sampling == "nearest":
        step = _whole_step(times_s, spec.fps)
        if step:
            return frames[::step]
        ends_s = _middles(times_s)
    else:
        # The last frame stays on screen for as long as a usual one.
        ends_s = np.append(times_s[1:], times_s[-1] + np.median(np.diff(times_s)))
    early = 1 if spec.sampling == "nearest" else -1  # a tick on the border: this frame's, or not
    return np.repeat(frames, _ticks(ends_s + early * _tolerance_s(times_s), spec))


def repeats_sentence(spec: ModelSpec, fps: float, frames: Int64Array) -> str:
    """Return a sentence where a model is given frames again, as the video is too slow for it.

    Parameters
    ----------
    spec : ModelSpec
    fps : float
        Of the video.
    frames : int64 array, (M,)
        As `sample_frames` gives them.

    Returns
    -------
    str
        Empty where fewer than a quarter are repeats, or the rate is not the reason.
    """
    share = repeated_share(frames)
    if spec.fps is None or share < _MANY_REPEATS or fps >= spec.fps:
        return ""
    return (
        f"The video has {fps:.3g} frames/s and {spec.name} wants {spec.fps:.3g}: {share:.0%} of "
        "the frames it is given repeat the one before, so that it sees jerks in place of movement."
    )


def repeated_share(frames: Int64Array) -> float:
    """Return which share of a model's frames are the same as the one before."""
    return float(np.mean(np.diff(frames) == 0)) if len(frames) > 1 else 0.0


def _whole_step(times_s: Float64Array, fps: float) -> int:
    """Return n where a steady video runs at n times a rate, but for 3 %, else 0."""
    mean_s = times_s[-1] / (len(times_s) - 1)
    uneven_s = np.abs(np.diff(times_s) - mean_s).max()
    if mean_s == 0 or uneven_s > SAME_RATE * mean_s + _ROUNDING_S:
        return 0
    rates = 1 / (mean_s * fps)
    return round(rates) if abs(rates - round(rates)) <= SAME_RATE * round(rates) else 0


def _middles(times_s: Float64Array) -> Float64Array:
    """Return the time up to which each frame is the nearest, the last for half a usual frame."""
    middles = (times_s[1:] + times_s[:-1]) / 2
    return np.append(middles, times_s[-1] + np.median(np.diff(times_s)) / 2)


def _ticks(ends_s: Float64Array, spec: ModelSpec) -> Int64Array:
    """Return how many ticks k / fps lie between the end of one frame and that of the next.

    Counting them, instead of listing the ticks, keeps the memory at the number of frames even
    where a video stands still for days.
    """
    assert spec.fps is not None
    before = np.maximum(np.ceil(ends_s * spec.fps), 1)  # the first frame has the first tick
    counts = np.diff(before, prepend=0)
    return np.minimum(counts, max(spec.frames, _LONGEST_STILL)).astype(np.int64)


def _tolerance_s(times_s: Float64Array) -> float:
    """Return how far a stored time may lie from the true one, in seconds.

    Measured as the deviation from an even grid: exact times keep a hair's breadth, so that
    29.97 frames/s gives torchvision's frames; times rounded to milliseconds get as much as
    they were rounded, or a frame shown at 66.7 ms but stored as 67 would be missed.
    """
    grid_s = np.linspace(0.0, times_s[-1], len(times_s))
    deviation_s = float(np.max(np.abs(times_s - grid_s)))
    return min(2 * deviation_s, _ROUNDING_S) + 1e-6
