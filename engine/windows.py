"""Overlapping windows over a range of any length: where they lie, and how they are blended."""

from __future__ import annotations

import numpy as np

from engine.types import Float32Array


def window_starts(steps: int, length: int, overlap: float) -> tuple[int, ...]:
    """First step of every window, so that each step lies in at least one.

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
    """Weight of each frame of a window in the blend, float32 (T,), above 0 and at most 1.

    Relevance piles up on the first and last frames of a window (Anders et al., arXiv
    1806.06926), so they weigh least: a Hann window sampled at the middle of each frame.
    """
    phase = (np.arange(length) + 0.5) / length
    weights: Float32Array = (np.sin(np.pi * phase) ** 2).astype(np.float32)
    return weights
