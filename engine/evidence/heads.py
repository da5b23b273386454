"""Probabilities of a network's outputs in bits, for every kind of head. No torch."""

from __future__ import annotations

import numpy as np

from engine.errors import AttributionError
from engine.types import Activation, Float32Array, Float64Array, ModelSpec

_LN2 = float(np.log(2.0))
_LEAST = float(np.finfo(np.float32).tiny)


def check_probabilities(spec: ModelSpec) -> None:
    """Refuse a model whose outputs are values: bits are counted from probabilities.

    Raises
    ------
    AttributionError
    """
    if spec.activation == "none":
        raise AttributionError(
            f"Evidence is counted in bits of probabilities, and {spec.name} gives values.",
            "Compare its values for the clip frozen, reversed and shuffled: motion-use.",
        )


def log2_probabilities(logits: Float32Array | Float64Array, activation: Activation) -> Float64Array:
    """Return the logarithms to base 2 of the probabilities of logits.

    Parameters
    ----------
    logits : float array, (N, K)
        Outputs of a network before its activation.
    activation : str
        What makes probabilities of them.

    Returns
    -------
    float64 array, (N, K) or (N, K, 2)
        log2 p of each class; for "sigmoid" log2 p and log2 (1 - p). Exact where p or 1 - p is
        too small for a float64 itself.
    """
    values = np.asarray(logits, np.float64)
    if activation == "probabilities":
        values = np.log(np.maximum(values, _LEAST))  # a softmax gives them back, summing to one
        activation = "softmax"
    if activation == "softmax":
        shifted = values - values.max(axis=1, keepdims=True)
        return _in_bits(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
    if activation == "binary":
        return _in_bits(-np.logaddexp(0.0, -values))
    sides = np.stack([values, -values], axis=-1)
    return _in_bits(-np.logaddexp(0.0, -sides))


def divergence_bits(log_p: Float64Array, log_q: Float64Array) -> Float64Array:
    """Return the Kullback-Leibler divergence of p from q: bits lost by believing q where p holds.

    With d = ln p - ln q, each outcome adds p d - p + q, which is never negative; the sum is the
    divergence, because p and q sum to one. So a small difference does not drown in rounding.

    Parameters
    ----------
    log_p, log_q : float64 array, (N, K) or (N, K, 2)
        As `log2_probabilities` gives them; one row is taken for all rows of the other.

    Returns
    -------
    float64 array, (N,)
        In bits, >= 0, summed over the classes, or over independent yes-or-no classes (sigmoid);
        0 where p equals q, infinite where q excludes what p holds possible.

    Raises
    ------
    ValueError
        If they are of other shapes.
    """
    if log_p.ndim != log_q.ndim or log_p.ndim not in (2, 3) or log_p.shape[1:] != log_q.shape[1:]:
        raise ValueError(f"shapes {log_p.shape} and {log_q.shape} are no probabilities of one head")
    terms = _terms(*np.broadcast_arrays(log_p, log_q))
    total: Float64Array = terms.reshape(len(terms), -1).sum(axis=1) / _LN2
    return total


def renormalised(log_p: Float64Array) -> Float64Array:
    """Return log2 of probabilities from log2 of what is proportional to them.

    Parameters
    ----------
    log_p : float64 array, (N, K) or (N, K, 2)
        As `log2_probabilities` gives them; the last axis sums to one afterwards.
    """
    shifted = log_p - log_p.max(axis=-1, keepdims=True)
    sums: Float64Array = shifted - np.log2(np.exp2(shifted).sum(axis=-1, keepdims=True))
    return sums


def _in_bits(nats: Float64Array) -> Float64Array:
    bits: Float64Array = nats / _LN2
    return bits


def _terms(log_p: Float64Array, log_q: Float64Array) -> Float64Array:
    """Return p d - p + q of each outcome, in nats."""
    p, q = np.exp2(log_p), np.exp2(log_q)
    held = p > 0
    with np.errstate(invalid="ignore"):  # two outcomes excluded, -inf - -inf: not held
        d = np.where(held, _LN2 * (log_p - log_q), 0.0)
    near = held & (np.abs(d) < 1.0)
    small = np.where(near, d, 0.0)
    series = small**2 * (1 / 2 - small / 6 + small**2 / 24)  # of d + e^-d - 1: no cancelling
    close = p * np.where(np.abs(small) < 1e-3, series, small + np.expm1(-small))
    terms: Float64Array = np.maximum(np.where(near, close, p * d - p + q), 0.0)
    return terms
