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
    result, total = _signed(op, values, weight, relevance)
    lost = relevance * (total == 0)
    return result + flat(op, values, weight, lost) if bool(lost.any()) else result


def z_plus(op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor) -> Tensor:
    """z+ rule (Montavon et al. 2017, eq. 15; alpha=1, beta=0): in proportion to what excited."""
    if float(values.min()) >= 0:  # as behind every ReLU: nothing to sort out
        return _excited(op, [(values.detach(), weight.clamp(min=0))], relevance)
    up = values.clamp(min=0), weight.clamp(min=0)
    down = values.clamp(max=0), weight.clamp(max=0)
    return _excited(op, [up, down], relevance)


def flat(op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor) -> Tensor:
    """Flat rule (Lapuschkin et al. 2017): evenly over the receptive field.

    It is also where the other rules turn for relevance of an output that no input contributed
    to: it came from a bias, and is not to be lost.
    """
    return _signed(op, torch.ones_like(values), torch.ones_like(weight), relevance)[0]


def z_box(
    op: LinearOp,
    values: Tensor,
    weight: Tensor,
    low: Tensor,
    high: Tensor,
    relevance: Tensor,
    *,
    wide: bool = False,
) -> Tensor:
    """z^B rule (Montavon et al. 2017, eq. 16) for inputs between ``low`` and ``high``.

    ``x w - low w+ - high w-`` is regrouped as ``(x - low) w+ + (x - high) w-``: a third less
    work, and no term is negative for an input within its bounds. ``wide`` does both terms in
    one call with twice the channels, for a convolution (not a transposed one) of one group.
    """
    parts = [(values - low, weight.clamp(min=0)), (values - high, weight.clamp(max=0))]
    if not wide:
        return _excited(op, parts, relevance)
    joined = [
        (torch.cat([part[0] for part in parts], 1), torch.cat([part[1] for part in parts], 1))
    ]
    one, other = _excited(op, joined, relevance).chunk(2, 1)
    return one + other


def proportional(op: Callable[[Tensor], Tensor], values: Tensor, relevance: Tensor) -> Tensor:
    """Average pooling and means: in proportion to each input's part of the sum."""
    return epsilon(lambda leaf, _: op(leaf), values, values, relevance)


def shared(first: Tensor, second: Tensor, relevance: Tensor) -> tuple[Tensor, Tensor]:
    """Addition: in proportion to the positive parts, the z+ rule with both weights 1.

    Where neither is positive, in proportion to their sizes. Shares of signed values would
    exceed 1 where the inputs nearly cancel.
    """
    up = first.clamp(min=0)
    total = up + second.clamp(min=0)
    taken = relevance * (up / total.clamp(min=torch.finfo(total.dtype).tiny))
    neither = (total <= 0) & (relevance != 0)
    if bool(neither.any()):  # rare: the ReLU behind closes there, and nothing comes back
        size, other = first.abs(), second.abs()
        part = torch.where(size + other > 0, size / (size + other), 0.5)
        taken = torch.where(neither, relevance * part, taken)
    return taken, relevance - taken


def _signed(
    op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor
) -> tuple[Tensor, Tensor]:
    """Share relevance in proportion to signed contributions; the result and their sums."""
    with torch.enable_grad():
        leaf = values.detach().requires_grad_()
        total = op(leaf, weight)
    found = total.detach()
    (pulled,) = torch.autograd.grad(total, leaf, relevance / _stabilised(found))
    return values * pulled, found


def _excited(op: LinearOp, parts: list[tuple[Tensor, Tensor]], relevance: Tensor) -> Tensor:
    """Share relevance in proportion to contributions none of which is negative.

    Parameters
    ----------
    op : callable
        The operation.
    parts : list of (values, weight)
        What contributes; the results of ``op`` add up. The values have no history.
    relevance : Tensor
        Of the results.
    """
    with torch.enable_grad():
        leaves = [values.requires_grad_() for values, _ in parts]
        terms = [op(leaf, weight) for leaf, (_, weight) in zip(leaves, parts, strict=True)]
        total = terms[0] if len(terms) == 1 else terms[0] + terms[1]
    found = total.detach()
    orphaned = found <= _NOTHING * found.max()
    pulled = torch.autograd.grad(total, leaves, (relevance / found).masked_fill_(orphaned, 0.0))
    result = leaves[0].detach() * pulled[0]
    if len(leaves) > 1:
        result.addcmul_(leaves[1].detach(), pulled[1])
    lost = relevance * orphaned
    return result + flat(op, *parts[0], lost) if bool(lost.any()) else result


def _stabilised(total: Tensor) -> Tensor:
    floor = _STABILISER * total.abs().mean() + torch.finfo(total.dtype).tiny
    return total + torch.where(total < 0, -floor, floor)
