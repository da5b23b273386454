"""Relevance rules of linear operations, each as a function of what went in and what came back.

An operation is given as ``op(values, weight)`` without its bias. By default no bias takes
relevance, so that the sum over the input equals the explained score; given a ``bias`` that
broadcasts to the result, it takes its share, as in the original papers. Every rule works for
convolutions of any dimension, transposed, grouped or dilated ones, and for matrix products
alike, because it asks autograd for the transposed operation.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

LinearOp = Callable[[Tensor, Tensor], Tensor]
Part = tuple[Tensor, Tensor]

_RELATIVE = 1e-6
_MOST = 1e-4
_NOTHING = 1e-12


def epsilon(
    op: LinearOp,
    values: Tensor,
    weight: Tensor,
    relevance: Tensor,
    *,
    bias: Tensor | None = None,
    stabilizer: float = 0.0,
    epsilon: float = 0.0,
) -> Tensor:
    """Epsilon rule (Bach et al. 2015, eq. 58): in proportion to each input's contribution.

    ``epsilon`` is in units of the mean size of the sums, so that it does not depend on their
    scale; it takes relevance from weak and contradictory contributions.
    """
    result, empty = _signed(op, values, weight, relevance, bias, stabilizer, epsilon)
    lost = relevance * empty
    return result + flat(op, values, weight, lost) if bool(lost.any()) else result


def z_plus(
    op: LinearOp,
    values: Tensor,
    weight: Tensor,
    relevance: Tensor,
    *,
    bias: Tensor | None = None,
    stabilizer: float = 0.0,
) -> Tensor:
    """z+ rule (Montavon et al. 2017, eq. 15; alpha=1, beta=0): in proportion to what excited."""
    parts = _exciting(values, weight)
    return _excited(op, parts, relevance, _clamped(bias, min=0), stabilizer)


def alpha_beta(
    op: LinearOp,
    values: Tensor,
    weight: Tensor,
    relevance: Tensor,
    *,
    alpha: float = 2.0,
    bias: Tensor | None = None,
    stabilizer: float = 0.0,
) -> Tensor:
    """alpha-beta rule (Bach et al. 2015, eq. 60) with beta = alpha - 1.

    What excited takes alpha times the relevance, what inhibited gives back beta times. As in the
    paper, an output that nothing inhibited passes on alpha times its relevance.
    """
    exciting, inhibiting = _exciting(values, weight), _inhibiting(values, weight)
    up = _shared(op, exciting, relevance, _clamped(bias, min=0), stabilizer)
    down = _shared(op, inhibiting, relevance, _clamped(bias, max=0), stabilizer)
    return alpha * up - (alpha - 1) * down


def gamma(
    op: LinearOp,
    values: Tensor,
    weight: Tensor,
    relevance: Tensor,
    *,
    gamma: float = 0.25,
    positive: Tensor | None = None,
    bias: Tensor | None = None,
    stabilizer: float = 0.0,
) -> Tensor:
    """Gamma rule (Montavon et al. 2019, section 10.2.3) for inputs of either sign.

    Exciting contributions count 1 + gamma times where the output is positive, inhibiting ones
    where it is negative (Andeol et al. 2021).

    Parameters
    ----------
    positive : bool Tensor or None
        Where the operation's result was positive; None takes that of the result without bias,
        which keeps the denominators from vanishing where the bias takes no share.
    """
    if positive is None:
        with torch.no_grad():
            positive = op(values, weight) > 0
    more, less = weight + gamma * weight.clamp(min=0), weight + gamma * weight.clamp(max=0)
    favoured = None if bias is None else bias + gamma * bias.clamp(min=0)
    result = _shared(op, _by_sign(values, more, less), relevance * positive, favoured, stabilizer)
    if bool(positive.all()):
        return result
    opposed = None if bias is None else bias + gamma * bias.clamp(max=0)
    parts = _by_sign(values, less, more)
    return result + _shared(op, parts, relevance * ~positive, opposed, stabilizer)


def flat(op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor) -> Tensor:
    """Flat rule (Lapuschkin et al. 2019): evenly over the receptive field.

    It is also where the other rules turn for relevance of an output that no input contributed
    to: it came from a bias, and is not to be lost.
    """
    ones = torch.ones_like(values)
    return _signed(op, ones, torch.ones_like(weight), relevance, None, 0.0, 0.0)[0]


def w_square(
    op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor, *, stabilizer: float = 0.0
) -> Tensor:
    """w^2 rule (Montavon et al. 2017, eq. 12): in proportion to the squared weights."""
    return _excited(op, [(torch.ones_like(values), weight.square())], relevance, None, stabilizer)


def z_box(
    op: LinearOp,
    values: Tensor,
    weight: Tensor,
    low: Tensor,
    high: Tensor,
    relevance: Tensor,
    *,
    wide: bool = False,
    stabilizer: float = 0.0,
) -> Tensor:
    """z^B rule (Montavon et al. 2017, eq. 16) for inputs between ``low`` and ``high``.

    ``x w - low w+ - high w-`` is regrouped as ``(x - low) w+ + (x - high) w-``: a third less
    work, and no term is negative for an input within its bounds. A bias has no part in it: it
    is subtracted from itself. ``wide`` does both terms in one call with twice the channels, for
    a convolution (not a transposed one) of one group.
    """
    parts = [(values - low, weight.clamp(min=0)), (values - high, weight.clamp(max=0))]
    if not wide:
        return _excited(op, parts, relevance, None, stabilizer)
    joined = [
        (torch.cat([part[0] for part in parts], 1), torch.cat([part[1] for part in parts], 1))
    ]
    one, other = _excited(op, joined, relevance, None, stabilizer).chunk(2, 1)
    return one + other


def proportional(op: Callable[[Tensor], Tensor], values: Tensor, relevance: Tensor) -> Tensor:
    """Average pooling, sums and means: in proportion to each input's part of the sum."""
    return epsilon(lambda leaf, _: op(leaf), values, values, relevance)


def centred(
    values: Tensor,
    axes: tuple[int, ...],
    scale: Tensor,
    relevance: Tensor,
    *,
    shift: Tensor | None = None,
    stabilizer: float = 0.0,
    epsilon: float = 0.0,
) -> Tensor:
    """LayerNorm whose deviation is a constant (Ali et al. 2022, LN-rule): the epsilon rule.

    ``(values - mean) * scale + shift``; a value that is the mean itself passes nothing, as there
    is no even share either: that of a mean taken off is zero.
    """

    def op(leaf: Tensor, weight: Tensor) -> Tensor:
        return (leaf - leaf.mean(axes, keepdim=True)) * weight

    return _shared(op, [(values.detach(), scale)], relevance, shift, stabilizer, epsilon)


def shared(first: Tensor, second: Tensor, relevance: Tensor) -> tuple[Tensor, Tensor]:
    """Addition: in proportion to the positive parts, the z+ rule with both weights 1.

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


def shared_signed(
    first: Tensor, second: Tensor, relevance: Tensor, *, stabilizer: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Addition: in proportion to the signed values, the epsilon rule with both weights 1.

    Shares may exceed 1 where the inputs nearly cancel.
    """
    total = first + second
    none = total == 0
    beneath = _stabilise(total, stabilizer)
    one = (first / beneath).masked_fill_(none, 0.5).mul_(relevance)
    other = torch.div(second, beneath, out=beneath).masked_fill_(none, 0.5).mul_(relevance)
    return one, other


def _by_sign(values: Tensor, weight: Tensor, opposite: Tensor) -> list[Part]:
    """Positive values with one weight, negative ones with the other."""
    if float(values.min()) >= 0:  # as behind every ReLU: nothing to sort out
        return [(values.detach(), weight)]
    return [(values.clamp(min=0), weight), (values.clamp(max=0), opposite)]


def _exciting(values: Tensor, weight: Tensor) -> list[Part]:
    """Contributions that are not negative."""
    if float(values.min()) >= 0:
        return [(values.detach(), weight.clamp(min=0))]
    return _by_sign(values, weight.clamp(min=0), weight.clamp(max=0))


def _inhibiting(values: Tensor, weight: Tensor) -> list[Part]:
    """Contributions that are not positive."""
    if float(values.min()) >= 0:
        return [(values.detach(), weight.clamp(max=0))]
    return _by_sign(values, weight.clamp(max=0), weight.clamp(min=0))


def _clamped(
    bias: Tensor | None, *, min: float | None = None, max: float | None = None
) -> Tensor | None:
    return None if bias is None else bias.clamp(min=min, max=max)


def _signed(
    op: LinearOp,
    values: Tensor,
    weight: Tensor,
    relevance: Tensor,
    bias: Tensor | None,
    stabilizer: float,
    epsilon: float,
) -> tuple[Tensor, Tensor]:
    """Share relevance in proportion to signed contributions; and where these sum to nothing."""
    with torch.enable_grad():
        leaf = values.detach().requires_grad_()
        total = op(leaf, weight)
    found = total.detach() if bias is None else total.detach() + bias
    if found.data_ptr() == values.data_ptr():  # pooling one value gives the value itself
        found = found.clone()
    empty = found == 0
    (pulled,) = torch.autograd.grad(total, leaf, relevance / _stabilise(found, stabilizer, epsilon))
    return values * pulled, empty


def _excited(
    op: LinearOp, parts: list[Part], relevance: Tensor, bias: Tensor | None, stabilizer: float
) -> Tensor:
    """Share relevance in proportion to contributions none of which is negative.

    Parameters
    ----------
    op : callable
        The operation.
    parts : list of (values, weight)
        What contributes; the results of ``op`` add up. The values have no history.
    relevance : Tensor
        Of the results.
    bias : Tensor or None
        What the bias contributes, not negative.
    stabiliser : float
        As for `_stabilise`; here 0 adds nothing.
    """
    total, leaves = _summed(op, parts)
    found = total.detach() if bias is None else total.detach() + bias  # ours: no one reads it again
    least, most = (float(end) for end in torch.aminmax(found))
    orphaned = None if least > _NOTHING * most else found <= _NOTHING * most
    beneath = _stabilise(found, stabilizer) if stabilizer else found
    share = torch.div(relevance, beneath, out=beneath)
    if orphaned is None:
        return _pulled(total, leaves, share)
    result = _pulled(total, leaves, share.masked_fill_(orphaned, 0.0))
    lost = relevance * orphaned
    return result + flat(op, *parts[0], lost) if bool(lost.any()) else result


def _shared(
    op: LinearOp,
    parts: list[Part],
    relevance: Tensor,
    bias: Tensor | None,
    stabilizer: float,
    epsilon: float = 0.0,
) -> Tensor:
    """Share relevance in proportion to contributions; where they sum to nothing, none."""
    total, leaves = _summed(op, parts)
    found = total.detach() if bias is None else total.detach() + bias
    empty = found == 0
    share = (relevance / _stabilise(found, stabilizer, epsilon)).masked_fill_(empty, 0.0)
    return _pulled(total, leaves, share)


def _summed(op: LinearOp, parts: list[Part]) -> tuple[Tensor, list[Tensor]]:
    with torch.enable_grad():
        leaves = [values.requires_grad_() for values, _ in parts]
        terms = [op(leaf, weight) for leaf, (_, weight) in zip(leaves, parts, strict=True)]
        return (terms[0] if len(terms) == 1 else terms[0] + terms[1]), leaves


def _pulled(total: Tensor, leaves: list[Tensor], share: Tensor) -> Tensor:
    """What each input contributed, times the share that came back for it."""
    pulled = torch.autograd.grad(total, leaves, share)
    result = pulled[0].mul_(leaves[0].detach())
    if len(leaves) > 1:
        result.addcmul_(leaves[1].detach(), pulled[1])
    return result


def _stabilise(total: Tensor, stabilizer: float, epsilon: float = 0.0) -> Tensor:
    """Move sums away from zero in place, so that they can divide.

    ``stabilizer`` is an absolute amount as other programs add it, but never more than 1e-4 of
    the mean size, which would cost weak networks their relevance; 0 takes 1e-6 of the mean size.
    ``epsilon`` times the mean size comes on top.
    """
    mean = torch.linalg.vector_norm(total, 1) / total.numel()  # without a copy
    floor = (_MOST * mean).clamp(max=stabilizer) if stabilizer else _RELATIVE * mean
    floor = floor + epsilon * mean + torch.finfo(total.dtype).tiny
    return total.add_(torch.where(total < 0, -floor, floor))
