"""Overlapping windows of relevance put together, so that no later window changes what is taken."""

from __future__ import annotations

import numpy as np

from engine.types import Float32Array
from engine.windows import window_weights


class OverlapAdd:
    """Weighted mean of overlapping windows, holding no more than one window."""

    def __init__(self, length: int, size: tuple[int, int]) -> None:
        self._weights = window_weights(length)
        self._sum = np.zeros((length, *size), np.float32)
        self._weight = np.zeros(length, np.float32)

    def state(self) -> dict[str, Float32Array]:
        """What `restore` takes: sums and weights that no window has completed yet."""
        return {"sum": self._sum, "weight": self._weight}

    def restore(self, total: Float32Array, weight: Float32Array) -> None:
        """Go on from a state."""
        self._sum[:], self._weight[:] = total, weight

    def add(self, relevance: Float32Array) -> None:
        """Add a window's relevance, float32 (n, h, w), at the current position."""
        count = len(relevance)
        weights = self._weights[:count]
        self._sum[:count] += weights[:, None, None] * relevance
        self._weight[:count] += weights

    def take(self, count: int) -> Float32Array:
        """Take the first ``count`` steps, which no later window reaches, and move on."""
        done: Float32Array = self._sum[:count] / self._weight[:count, None, None]
        self._sum = np.roll(self._sum, -count, axis=0)
        self._weight = np.roll(self._weight, -count)
        self._sum[len(self._sum) - count :] = 0
        self._weight[len(self._weight) - count :] = 0
        return done
