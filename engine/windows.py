"""Overlapping windows over a range of any length: where they lie, and how they are blended."""

from __future__ import annotations

import numpy as np

from engine.types import Float32Array


def window_starts(steps: int, length: int, overlap: float) -> tuple[int, ...]:
    """Return the first step of every window, each step lying in at least one.

    Parameters
    ----------
    steps : int
        Sampled frames in the range, >= 1.
    length : int
        Frames in a window.
    overlap : float
        Share of a window that the next one covers again, 0 <= overlap < 1.

    Returns
    -------
    tuple of int
        Increasing. The last window ends with the range; a range shorter than a window
        has one window, which is padded.
    """
    hop = max(1, round(length * (1.0 - overlap)))
    last = max(steps - length, 0)
    return (*range(0, last, hop), last)


def window_weights(length: int) -> Float32Array:
    """Return the blending weight of each frame of a window, float32 (T,), in (0, 1].

    Relevance piles up on the first and last frames of a window (Anders et al., arXiv
    1806.06926), so they weigh least: a Hann window sampled at the middle of each frame.
    """
    phase = (np.arange(length) + 0.5) / length
    weights: Float32Array = (np.sin(np.pi * phase) ** 2).astype(np.float32)
    return weights


LEFT_OUT = 1e-6
"""Factor on the weights of a window that counts only where no other one covers a frame."""


def cuts_sentence(crossing: int, windows: int, *, keep: bool) -> str:
    """Return a sentence on how many windows cross a shot cut, empty where none does."""
    if not crossing:
        return ""
    some = f"{crossing} of {windows} windows {'crosses' if crossing == 1 else 'cross'} a shot cut"
    if windows == 1:
        some = "The window crosses a shot cut"
    if keep:
        return f"{some} and {'counts' if crossing == 1 else 'count'} like the others."
    if crossing == windows:
        return f"{some}: the numbers are of pictures of several shots."
    return f"{some} and {'is' if crossing == 1 else 'are'} left out of the numbers."


class OverlapAdd:
    """Weighted mean of overlapping windows, holding no more than one window."""

    def __init__(self, length: int, size: tuple[int, int]) -> None:
        self._weights = window_weights(length)
        self._sum = np.zeros((length, *size), np.float32)
        self._weight = np.zeros(length, np.float32)

    def state(self) -> dict[str, Float32Array]:
        """Return the sums and weights that later windows still change, for `restore`."""
        return {"sum": self._sum, "weight": self._weight}

    def restore(self, total: Float32Array, weight: Float32Array) -> None:
        """Continue from a `state`."""
        self._sum[:], self._weight[:] = total, weight

    def add(self, relevance: Float32Array, *, left_out: bool = False) -> None:
        """Add a window's relevance, float32 (n, h, w), at the current position.

        What is left out counts only where no other window is.
        """
        count = len(relevance)
        weights = self._weights[:count] * np.float32(LEFT_OUT if left_out else 1)
        self._sum[:count] += weights[:, None, None] * relevance
        self._weight[:count] += weights

    def flush(self, count: int) -> Float32Array:
        """Return the first ``count`` steps, which no later window reaches, and move on."""
        done: Float32Array = self._sum[:count] / self._weight[:count, None, None]
        self._sum = np.roll(self._sum, -count, axis=0)
        self._weight = np.roll(self._weight, -count)
        self._sum[len(self._sum) - count :] = 0
        self._weight[len(self._weight) - count :] = 0
        return done
