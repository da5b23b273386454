"""Relevance rules not chosen by name: of means, spreads, LayerNorm, sums, recurrence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from engine.attribution.lrp.operation import Operation, stabilize

Function = Callable[..., Tensor]


def average_rule(op: Function, values: Tensor, relevance: Tensor) -> Tensor:
    """Share an average pooling, a sum or a mean in proportion to each input's part of the sum.

    ``op`` may be any function of degree one, ``op(a x) = a op(x)``, such as a norm: by Euler's
    theorem inputs times slopes sum to its result, so that nothing is lost.
    """
    return joint_rule(op, (values,), relevance)[0]


def joint_rule(op: Function, parts: Sequence[Tensor], relevance: Tensor) -> tuple[Tensor, ...]:
    """Share as `average_rule` does among several inputs.

    Denominators are kept away from zero by 1e-6 of what the sum would be without its signs, so
    that small sums beside large ones keep their relevance. Evenly where the sum is zero.
    """
    held = [part.detach() for part in parts]
    leaves = [part.requires_grad_() for part in (part.detach() for part in held)]
    with torch.enable_grad():
        total = op(*leaves)
    fixed = total.detach()
    floor = op(*(part.abs() for part in held)).abs().mul(1e-6) + torch.finfo(fixed.dtype).tiny
    away = torch.where(fixed < 0, torch.minimum(fixed, -floor), torch.maximum(fixed, floor))
    share = relevance / away
    slopes = torch.autograd.grad(total, leaves, share, allow_unused=True)
    shares = [_times(part, slope) for part, slope in zip(held, slopes, strict=True)]
    lost = relevance * (fixed == 0)
    if bool(lost.any()) and not all(bool((part == 1).all()) for part in held):
        even = joint_rule(op, [torch.ones_like(part) for part in held], lost)
        shares = [one + other for one, other in zip(shares, even, strict=True)]
    return tuple(shares)


def _times(values: Tensor, slope: Tensor | None) -> Tensor:
    return torch.zeros_like(values) if slope is None else values * slope


def spread_rule(values: Tensor, axes: tuple[int, ...], relevance: Tensor) -> Tensor:
    """Share a variance or standard deviation by the squared distances from the mean.

    ``relevance`` is that of the spread with ``axes`` kept as ones. The shares are not negative and
    sum to one; they are those of a norm of the distances.
    """
    squares = (values - values.mean(axes, keepdim=True)).square()
    return average_rule(lambda leaf: leaf.sum(axes, keepdim=True), squares, relevance)


def difference_rule(first: Tensor, second: Tensor, relevance: Tensor) -> tuple[Tensor, Tensor]:
    """Share ``first - second`` by what contributed with the sign of the result.

    Where the result is negative it is the second that made it so: a distance in either direction
    then goes to what was larger. Evenly where the two are equal.
    """
    sign = (first - second).sign()
    one, other = (first * sign).clamp_(min=0), (second * -sign).clamp_(min=0)
    total = one + other
    taken = torch.where(total > 0, one / total, 0.5).mul_(relevance)
    return taken, relevance - taken


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


def sum_rule(
    parts: Sequence[Tensor],
    total: Tensor,
    relevance: Tensor,
    *,
    biases: bool,
    stabilizer: float = 0.0,
) -> tuple[Tensor, ...]:
    """Share a sum by the signed values of its parts, of which constants are left out.

    What constants have of the total is theirs if ``biases`` is set; else it goes to the parts in
    proportion to their sizes.
    """
    if len(parts) == 1 and not biases:
        return (relevance,)
    stacked, none = torch.stack(tuple(parts)), total == 0
    ratio = relevance / stabilize(total.clone(), stabilizer)
    shares = ratio * stacked
    if not biases:
        sizes = stacked.abs()
        whole = sizes.sum(0).clamp(min=torch.finfo(total.dtype).tiny)
        shares += ratio * (total - stacked.sum(0)) / whole * sizes
    return torch.where(none, relevance / len(parts), shares).unbind()


def bias_by_size_rule(
    operation: Operation, bias: Tensor, total: Tensor, relevance: Tensor, *, epsilon: float = 0.0
) -> Tensor:
    """Share by the epsilon rule, and a bias's part in proportion to the sizes of contributions.

    Arras et al. (2017, eq. 2) share it evenly; by size, inputs that are zero get nothing.

    Parameters
    ----------
    operation : Operation
        Without the bias.
    bias : Tensor
        What is added to its result.
    total : Tensor
        The result with the bias.
    relevance : Tensor
        Of the result.
    epsilon : float
        As for the epsilon rule.
    """
    values, weight = operation.values, operation.weight
    ratio = relevance.to(values.dtype) / stabilize(
        total.to(values.dtype, copy=True), operation.stabilizer, epsilon
    )
    with torch.enable_grad():
        signed, sized = (part.detach().requires_grad_() for part in (values, values.abs()))
        made, sizes = operation.op(signed, weight), operation.op(sized, weight.abs())
    usable = sizes.detach() > 0
    part = torch.where(usable, ratio * bias / torch.where(usable, sizes.detach(), 1.0), 0.0)
    (by_sign,) = torch.autograd.grad(made, signed, ratio)
    (by_size,) = torch.autograd.grad(sizes, sized, part)
    return (values * by_sign + values.abs() * by_size).to(relevance.dtype)
