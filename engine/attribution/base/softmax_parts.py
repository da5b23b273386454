"""Classes picked out of a softmax: their log odds, each by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

PART = "part of a softmax"
"""Kind of head of a network that returns some of a softmax's classes, `softmax(1)[:, 1]` say."""
_MOST = 1_000_000  # values that are followed; attention has more, and no head


def class_numbers(logits: Tensor, args: Any, kwargs: Any) -> Tensor | None:
    """Return the class of each value of a softmax, in the shape of its logits.

    Parameters
    ----------
    logits : Tensor
        What the softmax is given.
    args, kwargs
        All its arguments.

    Returns
    -------
    Tensor or None
        None where it names no dimension, or has too many values for a head.
    """
    axis = kwargs.get("dim", args[1] if len(args) > 1 else None)
    if not isinstance(axis, int) or not logits.dim() or logits.numel() > _MOST:
        return None
    shape = [1] * logits.dim()
    shape[axis] = -1
    return torch.arange(logits.shape[axis], device=logits.device).view(shape).expand_as(logits)


def log_odds_of_part(
    move: Callable[[Tensor], Tensor], logits: Tensor, numbers: Tensor
) -> Tensor | None:
    """Return the log odds of the classes that a move leaves, None where it leaves all.

    Parameters
    ----------
    move : callable
        Picks or rearranges values.
    logits, numbers : Tensor
        What went into the softmax, and the class of each value.
    """
    if len(torch.unique(move(numbers))) == len(torch.unique(numbers)):
        return None
    sizes = enumerate(numbers.shape)
    axes = [axis for axis, size in sizes if size > 1 and bool((numbers.diff(dim=axis) != 0).any())]
    return move(_log_odds(logits.movedim(axes[0], -1)).movedim(-1, axes[0])) if axes else None


def _log_odds(logits: Tensor) -> Tensor:
    """Return log p / (1 - p) for the softmax p of the last dimension."""
    count = logits.shape[-1]
    if count == 2:  # exact, and LRP has a rule for a difference
        return logits - logits.flip(-1)
    others = torch.tensor(
        [[j for j in range(count) if j != i] for i in range(count)], device=logits.device
    )
    return logits - logits[..., others].logsumexp(-1)
