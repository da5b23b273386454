"""Times of bouts to frames and back, by the times at which a video shows its frames."""

from __future__ import annotations

import numpy as np

from engine.errors import EngineError
from engine.types import Float64Array

MILLISECONDS_APART_S = 0.0012
"""Frames that are farther apart than this keep their places in whole milliseconds."""
_GRACE_S = 0.0006  # half a millisecond is lost where times are rounded to whole ones
_FINE_GRACE_S = 1e-6


class FrameTimes:
    """Times at which frames begin and end. A bout starts with a frame and stops before another.

    Parameters
    ----------
    times_s : float64 array, (N,)
        Time of each frame from the start of the file, in seconds, increasing.
    end_s : float
        When the last frame ends.
    """

    def __init__(self, times_s: Float64Array, end_s: float) -> None:
        self._edges_s = np.append(times_s, max(end_s, float(times_s[-1]) + 1e-6))
        self._closest_s = float(np.diff(self._edges_s).min())
        coarse = self._closest_s > MILLISECONDS_APART_S
        self._grace_s = _GRACE_S if coarse else _FINE_GRACE_S

    @property
    def keeps_milliseconds(self) -> bool:
        """Whether times in whole milliseconds tell the frames apart."""
        return self._closest_s > MILLISECONDS_APART_S

    @property
    def frame_count(self) -> int:
        """Frames of the video."""
        return len(self._edges_s) - 1

    def span_s(self, first: int, stop: int) -> tuple[float, float]:
        """Return when frames [first, stop) begin and end, in seconds.

        Raises
        ------
        EngineError
            If they lie behind the video.
        """
        if not 0 <= first < stop <= self.frame_count:
            raise EngineError(
                f"The bout on the frames {first} to {stop - 1} does not lie in the video, which "
                f"has {self.frame_count} frames.",
                "Remove it, or open the video that it was made for.",
            )
        return float(self._edges_s[first]), float(self._edges_s[stop])

    def frames(self, start_s: float, stop_s: float) -> tuple[int, int]:
        """Return the first frame of a span of time and the one after its last.

        That is from the frame on the screen at the start to the one before the stop: a frame
        that begins at the stop, to half a millisecond, is not in it. A span without length is
        the frame on the screen.

        Raises
        ------
        EngineError
            If it ends before it starts, or lies outside the video.
        """
        if not np.isfinite([start_s, stop_s]).all() or stop_s < start_s:
            raise EngineError(
                f"A bout ends at {stop_s:g} s, before it starts at {start_s:g} s.",
                "Exchange its times.",
            )
        if start_s >= self._edges_s[-1] + self._grace_s or stop_s < self._edges_s[0] - 1:
            raise EngineError(
                f"A bout from {start_s:.3f} s to {stop_s:.3f} s lies outside the video, which "
                f"ends at {self._edges_s[-1]:.3f} s.",
                "Is the file for another video?",
            )
        first = int(np.searchsorted(self._edges_s, start_s + self._grace_s, side="right")) - 1
        stop = int(np.searchsorted(self._edges_s, stop_s - self._grace_s, side="left"))
        first = min(max(first, 0), self.frame_count - 1)
        return first, min(max(stop, first + 1), self.frame_count)
