"""A linear operation as the rules see it, and the ways to share its relevance.

By default no bias takes relevance, so that the sum over the input equals the explained score;
given a ``bias`` that broadcasts to the result, it takes its share, as in the original papers.
Every way works for convolutions of any dimension, transposed, grouped or dilated ones, and for
matrix products alike, because it asks autograd for the transposed operation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attribution.base.tensor_tags import Bounds

LinearOp = Callable[[Tensor, Tensor], Tensor]
Part = tuple[Tensor, Tensor]

_RELATIVE = 1e-6
_MOST = 1e-4
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """A linear operation with what went in.

    Attributes
    ----------
    op : callable
        The operation without its bias, of (values, weight).
    values, weight : Tensor
        What went in, without history, and the weight.
    bias : Tensor or None
        The bias that takes its share; None where it takes none.
    bounds : (Tensor, Tensor) or None
        Lowest and highest that ``values`` can be, where the network's input goes in here.
    positive : bool Tensor or None
        Where the result was positive, if that was recorded.
    stabilizer : float
        Added to denominators in absolute units, up to 1e-4 of their mean size; 0 adds 1e-6 of
        that to signed sums.
    is_wide : bool
        Whether two parts can go through in one call with twice the channels: for a convolution
        (not a transposed one) of one group.
    """

    op: LinearOp
    values: Tensor
    weight: Tensor
    bias: Tensor | None = None
    bounds: Bounds | None = None
    positive: Tensor | None = None
    stabilizer: float = 0.0
    is_wide: bool = False

    @property
    def ones(self) -> Tensor:
        """Ones in place of the values."""
        return torch.ones_like(self.values)

    def is_positive(self) -> Tensor:
        """Return where the result was positive, else where it is without the bias."""
        if self.positive is not None:
            return self.positive
        with torch.no_grad():
            return self.op(self.values, self.weight) > 0

    def share_signed(self, relevance: Tensor, epsilon: float = 0.0) -> Tensor:
        """Share in proportion to signed contributions, evenly where these sum to nothing.

        ``epsilon`` is in units of the mean size of the sums.
        """
        result, empty = self._share_sums(relevance, epsilon)
        lost = relevance * empty
        return result + self.share_flat(lost) if bool(lost.any()) else result

    def share_flat(self, relevance: Tensor) -> Tensor:
        """Share evenly over the receptive field."""
        even = Operation(self.op, self.ones, torch.ones_like(self.weight))
        return even._share_sums(relevance)[0]

    def share_positive(
        self, parts: list[Part], relevance: Tensor, bias: Tensor | None = None
    ) -> Tensor:
        """Share in proportion to contributions none of which is negative.

        Outputs without any contribution share evenly over the receptive field.

        Parameters
        ----------
        parts : list of (values, weight)
            What contributes, where the results of ``op`` add up. The values have no history.
        relevance : Tensor
            Of the results.
        bias : Tensor or None
            Contribution of the bias, not negative.
        """
        total, leaves = _summed(self.op, parts)
        result = total.detach() if bias is None else total.detach() + bias  # no one reads it again
        least, most = (float(end) for end in torch.aminmax(result))
        orphaned = None if least > _NOTHING * most else result <= _NOTHING * most
        denominator = stabilize(result, self.stabilizer) if self.stabilizer else result
        share = torch.div(relevance, denominator, out=denominator)
        if orphaned is None:
            return _input_gradient_product(total, leaves, share)
        shared = _input_gradient_product(total, leaves, share.masked_fill_(orphaned, 0.0))
        lost = relevance * orphaned
        if not bool(lost.any()):
            return shared
        return shared + Operation(self.op, *parts[0]).share_flat(lost)

    def share_joined(self, parts: list[Part], relevance: Tensor) -> Tensor:
        """Do as `share_positive` for two parts, in one call if the operation `is_wide`."""
        if not self.is_wide:
            return self.share_positive(parts, relevance)
        values, weights = zip(*parts, strict=True)
        joined = [(torch.cat(values, 1), torch.cat(weights, 1))]
        first, second = self.share_positive(joined, relevance).chunk(2, 1)
        return first + second

    def share(
        self, parts: list[Part], relevance: Tensor, bias: Tensor | None = None, epsilon: float = 0.0
    ) -> Tensor:
        """Share in proportion to contributions of one sign, and nothing where there is none."""
        total, leaves = _summed(self.op, parts)
        result = total.detach() if bias is None else total.detach() + bias
        empty = result == 0
        denominator = stabilize(result, self.stabilizer, epsilon)
        share = (relevance / denominator).masked_fill_(empty, 0.0)
        return _input_gradient_product(total, leaves, share)

    def _share_sums(self, relevance: Tensor, epsilon: float = 0.0) -> tuple[Tensor, Tensor]:
        """Share by signed contributions, and return where these sum to nothing."""
        total, (leaf,) = _summed(self.op, [(self.values.detach(), self.weight)])
        result = total.detach() if self.bias is None else total.detach() + self.bias
        if result.data_ptr() == self.values.data_ptr():  # pooling one value gives the value itself
            result = result.clone()
        empty = result == 0
        share = relevance / stabilize(result, self.stabilizer, epsilon)
        (gradient,) = torch.autograd.grad(total, leaf, share)
        return self.values * gradient, empty


def _summed(op: LinearOp, parts: list[Part]) -> tuple[Tensor, list[Tensor]]:
    """Return the sum of the parts' results, and the values as leaves of its graph."""
    with torch.enable_grad():
        leaves = [values.requires_grad_() for values, _ in parts]
        terms = [op(leaf, weight) for leaf, (_, weight) in zip(leaves, parts, strict=True)]
        return (terms[0] if len(terms) == 1 else terms[0] + terms[1]), leaves


def _input_gradient_product(total: Tensor, leaves: list[Tensor], share: Tensor) -> Tensor:
    """Return each input times the share that comes back for it, summed over the parts."""
    gradients = torch.autograd.grad(total, leaves, share)
    result = gradients[0].mul_(leaves[0].detach())
    if len(leaves) > 1:
        result.addcmul_(leaves[1].detach(), gradients[1])
    return result


def stabilize(total: Tensor, stabilizer: float, epsilon: float = 0.0) -> Tensor:
    """Move sums away from zero in place, so that they can divide.

    ``stabilizer`` is an absolute amount as other programs add it, but never more than 1e-4 of
    the mean size, which would cost weak networks their relevance; 0 takes 1e-6 of the mean size.
    ``epsilon`` times the mean size comes on top.
    """
    mean = torch.linalg.vector_norm(total, 1) / total.numel()  # without a copy
    floor = (_MOST * mean).clamp(max=stabilizer) if stabilizer else _RELATIVE * mean
    floor = floor + epsilon * mean + torch.finfo(total.dtype).tiny
    return total.add_(torch.where(total < 0, -floor, floor))
