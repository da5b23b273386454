"""An axis of times over frames: its ticks stand at round times, at the frames shown then."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg

from engine.types import Float64Array

_LABEL_PX = 76
_STEPS_S = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)),
)
_HEIGHT_PX = 18


class TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """Times above plots whose x is the frame; unevenly far apart where the rate varies."""

    def __init__(self) -> None:
        super().__init__("top")
        self._times_s: Float64Array = np.zeros(0)
        self._texts: dict[float, str] = {}
        self.setStyle(tickLength=4, tickTextOffset=1, maxTickLevel=0)
        self.setHeight(_HEIGHT_PX)

    def show_times(self, times_s: Float64Array) -> None:
        """Set the time of each frame in seconds, float64 (N,), increasing."""
        self._times_s = times_s
        self.picture = None
        self.update()

    def tickValues(
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, list[float]]]:
        """Return the ticks between two frames, on so many pixels."""
        self._texts = time_ticks(self._times_s, (minVal, maxVal), max(int(size / _LABEL_PX), 1))
        return [(1.0, list(self._texts))]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return the times of ticks."""
        return [self._texts.get(value, "") for value in values]


def time_ticks(times_s: Float64Array, frames: tuple[float, float], most: int) -> dict[float, str]:
    """Return the texts of round times by their place among the frames.

    Parameters
    ----------
    times_s : float64 array, (N,)
        Time of each frame in seconds, increasing.
    frames : (float, float)
        First and last place shown, in frames.
    most : int
        Ticks between them, about.
    """
    if len(times_s) < 2:
        return {}
    numbers = np.arange(len(times_s), dtype=np.float64)
    first, last = np.interp(np.clip(frames, 0, len(times_s) - 1), numbers, times_s)
    step = next((s for s in _STEPS_S if (last - first) / s <= most), _STEPS_S[-1])
    count = np.arange(np.ceil(first / step - 1e-9), np.floor(last / step + 1e-9) + 1)
    places = np.interp(count * step, times_s, numbers)
    return {float(x): _clock(t * step, step) for x, t in zip(places, count, strict=True)}


def _clock(time_s: float, step_s: float) -> str:
    """Format a time with as many decimals as its step has."""
    decimals = max(0, -int(np.floor(np.log10(step_s) + 1e-9)))
    units = 10**decimals
    whole = round(time_s * units)
    sign, whole = ("-" if whole < 0 else ""), abs(whole)
    minutes, rest = divmod(whole // units, 60)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest:02d}" + (f".{whole % units:0{decimals}d}" if decimals else "")
    return sign + (f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}")
