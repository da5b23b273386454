"""Layer-wise relevance propagation through unmodified networks.

A `torch.overrides.TorchFunctionMode` watches the forward pass and gives each operation a
backward that carries relevance instead of gradients. The network is neither copied, hooked
nor rewritten, so reused modules, functional calls, ``+=`` and in-place ReLU need no special
case.

Composite (deep Taylor): z^B where the input enters, z+ in convolutions, epsilon in the
classifier; additions and average pooling share in proportion, max pooling winner-take-all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from engine.attribution.operations import (
    HANDLERS,
    MOVES,
    Layer,
    any_input,
    follows,
    mark,
    name_of,
)
from engine.errors import AttributionError
from engine.models.model import Clip


class RelevanceMode(TorchFunctionMode):
    """While active, operations on the input record how relevance goes back through them.

    Parameters
    ----------
    clip : Clip
        What the network is given; its ``low`` and ``high`` bound the z^B rule.
    """

    def __init__(self, clip: Clip) -> None:
        super().__init__()
        self.low, self.high = clip.low, clip.high
        self.last: Layer | None = None

    def enter(self, tensor: Tensor) -> Tensor:
        """Mark a tensor as the network's input."""
        mark(tensor, is_input=True)
        return tensor

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        handler = HANDLERS.get(func)
        if handler is not None and follows(args, kwargs):
            return handler(self, func, args, kwargs)
        result = func(*args, **kwargs)
        if func not in MOVES and follows((result,), {}):
            raise AttributionError(
                f"LRP has no rule for the operation {name_of(func)}.",
                "Choose a gradient method for this model.",
            )
        if func in MOVES and any_input(args) and isinstance(result, Tensor):
            mark(result, is_input=True)
        return result


def explain_by_lrp(
    network: Callable[[Tensor], Tensor], clip: Clip, choose: Callable[[Tensor], int]
) -> tuple[Tensor, Tensor]:
    """Relevance of the input for one class.

    Parameters
    ----------
    network : callable
        The network: (1, C, T, h, w) -> logits (1, K).
    clip : Clip
        The input and its bounds.
    choose : callable
        Index of the class to explain, from the logits.

    Returns
    -------
    relevance : float32 Tensor, (1, C, T, h, w)
        Sums to the explained logit.
    logits : float32 Tensor, (1, K)

    Raises
    ------
    AttributionError
        If the network uses an operation that has no rule; it is named.
    """
    leaf = clip.tensor.detach().clone().requires_grad_()
    mode = RelevanceMode(clip)
    with torch.enable_grad(), mode:
        logits = network(mode.enter(leaf))
    logit = logits[0, choose(logits.detach())]
    (relevance,) = torch.autograd.grad(logit, leaf, logit.detach())
    return relevance, logits.detach()
