"""How far neighbouring windows disagree on the frames that both hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.selective import split
from engine.types import Float32Array, Float64Array


class WindowDisagreement:
    """Compares the changing shares of frames by each window with those by the window before.

    The preset "recommended" and sigma 1 are used whatever is asked for, so that the figure does
    not depend on it and costs little beside the explanation.
    """

    def __init__(self) -> None:
        self._first = 0
        self._shares: Float64Array = np.zeros(0)

    def add(self, first: int, relevance: Float32Array, time_step: int) -> float:
        """Return the mean difference for the next window, nan where it shares no frame.

        Parameters
        ----------
        first : int
            First step of the window.
        relevance : float32 array, (n, h, w)
            Its own, not blended with that of others.
        time_step : int
            Steps that share one time step of the relevance.
        """
        if not np.isfinite(relevance).all():  # told elsewhere
            self._first, self._shares = first, np.full(len(relevance), np.nan)
            return float("nan")
        parts = split(relevance, 1.0, preset="recommended", time_step=time_step)
        shares = parts.frame_changing_share
        before = self._shares[first - self._first :]
        gaps = np.abs(before - shares[: len(before)])
        self._first, self._shares = first, shares
        known = gaps[np.isfinite(gaps)]
        return float(known.mean()) if len(known) else float("nan")

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return what the next window is compared with, for `restore`."""
        return {"window_first": np.array(self._first), "window_shares": self._shares}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Continue from a `state`. One that an older version kept has nothing to compare with."""
        if "window_first" in state:
            self._first, self._shares = int(state["window_first"]), state["window_shares"]
