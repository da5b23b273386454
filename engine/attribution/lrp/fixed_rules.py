"""Relevance rules that are not chosen by name: of means, of LayerNorm and of additions."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.attribution.lrp.operation import Operation, stabilize


def average_rule(op: Callable[[Tensor], Tensor], values: Tensor, relevance: Tensor) -> Tensor:
    """Share an average pooling, a sum or a mean in proportion to each input's part of the sum."""
    return Operation(lambda leaf, _: op(leaf), values, values).share_signed(relevance)


def layer_norm_rule(
    values: Tensor,
    axes: tuple[int, ...],
    scale: Tensor,
    relevance: Tensor,
    *,
    shift: Tensor | None = None,
    stabilizer: float = 0.0,
    epsilon: float = 0.0,
) -> Tensor:
    """Share a LayerNorm by the epsilon rule, its deviation a constant (Ali et al. 2022, LN-rule).

    It is ``(values - mean) * scale + shift``. A value that is the mean itself passes nothing, as
    there is no even share either: that of a mean taken off is zero.
    """

    def op(leaf: Tensor, weight: Tensor) -> Tensor:
        return (leaf - leaf.mean(axes, keepdim=True)) * weight

    values = values.detach()
    operation = Operation(op, values, scale, stabilizer=stabilizer)
    return operation.share([(values, scale)], relevance, shift, epsilon)


def add_rule(first: Tensor, second: Tensor, relevance: Tensor) -> tuple[Tensor, Tensor]:
    """Share an addition by the positive parts, the z+ rule with both weights 1.

    Where neither is positive, in proportion to their sizes. Shares of signed values would
    exceed 1 where the inputs nearly cancel.
    """
    up = first.clamp(min=0)
    total = second.clamp(min=0).add_(up)
    neither = (total <= 0).logical_and_(relevance != 0)
    taken = up.div_(total.clamp_(min=torch.finfo(total.dtype).tiny)).mul_(relevance)
    if bool(neither.any()):  # rare: the ReLU behind closes there, and nothing comes back
        size, other = first.abs(), second.abs()
        part = torch.where(size + other > 0, size / (size + other), 0.5)
        taken = torch.where(neither, relevance * part, taken)
    return taken, relevance - taken


def signed_add_rule(
    first: Tensor, second: Tensor, relevance: Tensor, *, stabilizer: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Share an addition by the signed values, the epsilon rule with both weights 1.

    Shares may exceed 1 where the inputs nearly cancel.
    """
    total = first + second
    none = total == 0
    denominator = stabilize(total, stabilizer)
    one = (first / denominator).masked_fill_(none, 0.5).mul_(relevance)
    other = torch.div(second, denominator, out=denominator).masked_fill_(none, 0.5).mul_(relevance)
    return one, other
