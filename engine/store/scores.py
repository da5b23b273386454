"""Class scores per frame from the logits of overlapping windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.types import Activation, BoolArray, Float32Array, Float64Array, Int64Array, Window
from engine.windows import LEFT_OUT, window_weights


def probabilities_of(
    logits: Float32Array | Float64Array, activation: Activation = "softmax"
) -> Float64Array:
    """Return the probabilities of logits, (..., K), as the head of their network makes them.

    Values stay as they are.
    """
    if activation in ("probabilities", "none"):
        return logits.astype(np.float64)
    if activation != "softmax":
        each: Float64Array = np.exp(-np.logaddexp(0.0, -logits.astype(np.float64)))
        return each
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    probabilities: Float64Array = shifted / shifted.sum(axis=-1, keepdims=True)
    return probabilities


def step_scores(
    windows: Sequence[Window], steps: int, left_out: BoolArray | None = None
) -> Float64Array:
    """Probability of every class, or every value, at every sampled frame, blended as relevance is.

    Parameters
    ----------
    windows : sequence of Window
        At least one.
    steps : int
        Sampled frames wanted, all covered by the windows.
    left_out : bool array, (W,), or None
        Windows that count only where no other one is.

    Returns
    -------
    float64 array, (steps, K)
    """
    total = np.zeros((steps, len(windows[0].logits)))
    weight = np.zeros((steps, 1))
    for number, window in enumerate(windows):
        span, part = _covered(window, steps, left_out is not None and left_out[number])
        total[span] += part[:, None] * _of_window(window, len(part))
        weight[span] += part[:, None]
    return total / weight


def _of_window(window: Window, steps: int) -> Float64Array:
    """Return the probabilities, or values, at the first steps of a window, (steps or 1, K).

    A model with time steps of its own has one for as many frames each: S of them over T frames.
    """
    if window.step_logits is None:
        return probabilities_of(window.logits, window.activation)[None]
    count = len(window.step_logits)
    own = (2 * np.arange(steps) + 1) * count // (2 * len(window.frame_indices))
    return probabilities_of(window.step_logits[own], window.activation)


def step_targets(
    windows: Sequence[Window], steps: int, left_out: BoolArray | None = None
) -> Int64Array:
    """Class explained at every sampled frame: that of the window which weighs most there."""
    best = np.zeros(steps, np.float32)
    target = np.zeros(steps, np.int64)
    for number, window in enumerate(windows):
        span, part = _covered(window, steps, left_out is not None and left_out[number])
        ahead = part > best[span]
        target[span][ahead] = window.target
        best[span] = np.maximum(best[span], part)
    return target


def _covered(window: Window, steps: int, left_out: bool) -> tuple[slice, Float32Array]:
    length = len(window.frame_indices)
    # A window that lies behind the steps wanted covers none: it came in while they were counted.
    start = min(window.start_step, steps)
    stop = min(window.start_step + length - window.padded, steps)
    weights = window_weights(length)[: stop - start]
    return slice(start, stop), weights * np.float32(LEFT_OUT if left_out else 1)
