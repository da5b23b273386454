"""Relevance rules of linear operations, each as a function of what went in and what came back.

An operation is given as ``op(values, weight)`` without its bias: no bias takes relevance, so
that the sum over the input equals the explained logit. Every rule works for convolutions of
any dimension, transposed, grouped or dilated ones, and for matrix products alike, because it
asks autograd for the transposed operation.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

LinearOp = Callable[[Tensor, Tensor], Tensor]

_STABILISER = 1e-6
_NOTHING = 1e-12


def epsilon(op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor) -> Tensor:
    """Epsilon rule (Bach et al. 2015, eq. 58): in proportion to each input's contribution."""
    with torch.enable_grad():
        leaf = values.detach().requires_grad_()
        total = op(leaf, weight)
    (pulled,) = torch.autograd.grad(total, leaf, relevance / _stabilised(total.detach()))
    return values * pulled


def z_plus(op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor) -> Tensor:
    """z+ rule (Montavon et al. 2017, eq. 15; alpha=1, beta=0): in proportion to what excited.

    Where nothing excited an output (its relevance came from a bias), the relevance is spread
    evenly over the receptive field, so that none is lost.
    """
    with torch.enable_grad():
        high = values.detach().clamp(min=0).requires_grad_()
        total = op(high, weight.clamp(min=0))
        leaves = [high]
        if float(values.min()) < 0:
            low = values.detach().clamp(max=0).requires_grad_()
            total = total + op(low, weight.clamp(max=0))
            leaves.append(low)
    found = total.detach()
    orphaned = found <= _NOTHING * found.max()
    factor = (relevance / found).masked_fill_(orphaned, 0.0)
    pulled = torch.autograd.grad(total, leaves, factor)
    result = leaves[0].detach() * pulled[0]
    if len(leaves) > 1:
        result += leaves[1].detach() * pulled[1]
    lost = relevance * orphaned
    return result + flat(op, values, weight, lost) if bool(lost.any()) else result


def flat(op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor) -> Tensor:
    """Flat rule (Lapuschkin et al. 2017): evenly over the receptive field."""
    return epsilon(op, torch.ones_like(values), torch.ones_like(weight), relevance)


def z_box(
    op: LinearOp, values: Tensor, weight: Tensor, low: Tensor, high: Tensor, relevance: Tensor
) -> Tensor:
    """z^B rule (Montavon et al. 2017, eq. 16) for inputs between ``low`` and ``high``."""
    parts = (values, low.expand_as(values), high.expand_as(values))
    kernels = (weight, -weight.clamp(min=0), -weight.clamp(max=0))
    if weight.dim() > 2 and weight.shape[1] == values.shape[1]:  # one group: one wide call
        wide = epsilon(op, torch.cat(parts, 1), torch.cat(kernels, 1), relevance)
        return wide.unflatten(1, (3, -1)).sum(1)
    with torch.enable_grad():
        leaves = [part.detach().clone().requires_grad_() for part in parts]
        total = torch.stack([op(*pair) for pair in zip(leaves, kernels, strict=True)]).sum(0)
    pulled = torch.autograd.grad(total, leaves, relevance / _stabilised(total.detach()))
    return torch.stack([p * q for p, q in zip(parts, pulled, strict=True)]).sum(0)


def proportional(op: Callable[[Tensor], Tensor], values: Tensor, relevance: Tensor) -> Tensor:
    """Average pooling and means: in proportion to each input's part of the sum."""
    return epsilon(lambda leaf, _: op(leaf), values, values, relevance)


def shared(first: Tensor, second: Tensor, relevance: Tensor) -> tuple[Tensor, Tensor]:
    """Addition: in proportion to the positive parts, the z+ rule with both weights 1.

    Where neither is positive, in proportion to their sizes. Shares of signed values would
    exceed 1 where the inputs nearly cancel.
    """
    up, other = first.clamp(min=0), second.clamp(min=0)
    nothing = (up + other) == 0
    up = torch.where(nothing, first.abs(), up)
    other = torch.where(nothing, second.abs(), other)
    part = torch.where(up + other > 0, up / (up + other), 0.5)
    taken = relevance * part
    return taken, relevance - taken


def _stabilised(total: Tensor) -> Tensor:
    floor = _STABILISER * total.abs().mean() + torch.finfo(total.dtype).tiny
    return total + torch.where(total < 0, -floor, floor)
