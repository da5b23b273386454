"""Sharing the relevance of a difference: each input takes part by the square of what it changed.

Two runs of one network differ in every activation. The relevance of the difference of a result
goes to the differences of its inputs in proportion to the squares of their contributions. Shares
are positive and sum to one, so nothing is lost or blown up, whatever the operation; where inputs
do not differ, nothing arrives. Squares of weights are from the w² rule (Montavon et al. 2017,
arXiv 1512.02479, eq. 14); taking differences of activations is from DeepLIFT (Shrikumar et al.
2017, arXiv 1704.02685).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

LinearMap = Callable[[Tensor], Tensor]

_LEAST = 1e-30
"""Sums of squares below this, in units of the largest difference, are no contribution."""


def squared(change: Tensor) -> Tensor:
    """Return the squares of differences, in units of the largest, so that none vanishes."""
    largest = change.abs().amax() if change.numel() else change.new_ones(())
    return (change / torch.where(largest > 0, largest, 1.0)).square()


def share_by_squares(
    maps: Sequence[LinearMap], squares: Sequence[Tensor], relevance: Tensor
) -> list[Tensor]:
    """Share relevance among the inputs of a sum of linear maps, by the squares they contribute.

    Parameters
    ----------
    maps : sequence of callable
        One for each input: linear, without a negative weight.
    squares : sequence of Tensor
        Squared differences of each input.
    relevance : Tensor
        Of the result.

    Returns
    -------
    list of Tensor
        Relevance of each input; together they sum to that of the result, except where no input
        contributes.
    """
    with torch.enable_grad():
        leaves = [one.detach().requires_grad_() for one in squares]
        parts = [op(leaf) for op, leaf in zip(maps, leaves, strict=True)]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        gradients = torch.autograd.grad(total, leaves, _ratio(relevance, total.detach()))
    return [g.mul_(leaf.detach()) for g, leaf in zip(gradients, leaves, strict=True)]


def share_signed(op: LinearMap, change: Tensor, relevance: Tensor) -> Tensor:
    """Share relevance in proportion to the signed contributions: exact, for a network's head."""
    with torch.enable_grad():
        leaf = change.detach().requires_grad_()
        total = op(leaf)
        done = total.detach()
        usable = done.abs() > 1e-12 * done.abs().amax()
        ratio = torch.where(usable, relevance / torch.where(usable, done, 1.0), 0.0)
        (gradient,) = torch.autograd.grad(total, leaf, ratio)
    return gradient * change


def share_parts(first: Tensor, second: Tensor, relevance: Tensor) -> tuple[Tensor, Tensor]:
    """Share relevance between two contributions to one result, by their squares."""
    size = torch.maximum(first.abs(), second.abs())
    unit = torch.where(size > 0, size, 1.0)
    one, other = (first / unit).square(), (second / unit).square()
    total = one + other
    taken = torch.where(total > 0, one / total.clamp(min=0.5), 0.5) * relevance
    return taken, relevance - taken


def share_in_rows(
    change: Tensor, slope: Tensor, result: Tensor, relevance: Tensor, axes: tuple[int, ...]
) -> Tensor:
    """Share the relevance of a normalised result, such as a softmax or LayerNorm.

    A place changes by its own input, times a slope, and by what all inputs of its row do to the
    norm. The two parts share by squares; what the row takes goes to its inputs by theirs.

    Parameters
    ----------
    change, result : Tensor
        Differences of input and result.
    slope : Tensor
        Of each place's result by its own input, the norm held.
    relevance : Tensor
        Of the result.
    axes : tuple of int
        Axes of a row.
    """
    direct = slope * change
    own, common = share_parts(direct, result - direct, relevance)
    still = change == 0  # nothing changed here: what came is the row's
    common = torch.where(still, relevance, common)
    own = torch.where(still, 0.0, own)
    squares = squared(change)
    whole = squares.sum(axes, keepdim=True)
    usable = whole > _LEAST
    shares = torch.where(usable, squares / torch.where(usable, whole, 1.0), 0.0)
    return own + common.sum(axes, keepdim=True) * shares


def _ratio(relevance: Tensor, total: Tensor) -> Tensor:
    usable = total > _LEAST
    return torch.where(usable, relevance / torch.where(usable, total, 1.0), 0.0)
