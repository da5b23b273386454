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

from engine.attribution.marks import Bounds, bounds_of, follows, mark, newest
from engine.attribution.operations import HANDLERS, MOVES, Layer, is_in_place, name_of
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
        self._bounds = (clip.low, clip.high)
        self.last: Layer | None = None

    def enter(self, tensor: Tensor) -> Tensor:
        """Mark a tensor as the network's input."""
        low, high = self._bounds
        mark(tensor, bounds=(low.expand_as(tensor), high.expand_as(tensor)))
        return tensor

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = {name: newest(value) for name, value in (kwargs or {}).items()}
        args = newest(args) if args or "input" not in kwargs else (kwargs.pop("input"),)
        handler = HANDLERS.get(func)
        if handler is not None and follows(args, kwargs):
            result = handler(self, func, args, kwargs)
            if is_in_place(func, args, kwargs):
                mark(args[0], newer=result)
            return result
        overwrites = func is Tensor.__setitem__ and follows(args[:1], {})
        result = func(*args, **kwargs)
        if func in MOVES:
            _move_bounds(func, args, kwargs, result)
        elif overwrites or follows((result,), {}):
            raise AttributionError(
                f"LRP has no rule for the operation {name_of(func)}.",
                "Choose a gradient method for this model.",
            )
        return result


def _move_bounds(func: Callable[..., Any], args: Any, kwargs: Any, result: Any) -> None:
    """Move the bounds of the network's input along with it: they say what z^B may assume."""
    bounds: Bounds | None = bounds_of(args[0]) if args else None
    if bounds is None:
        return
    low, high = (func(bound, *args[1:], **kwargs) for bound in bounds)
    if isinstance(result, Tensor):
        mark(result, bounds=(low, high))
        return
    for part, *ends in zip(result, low, high, strict=True):
        mark(part, bounds=tuple(ends))


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
    with torch.enable_grad():
        with mode:
            logits = newest(network(mode.enter(leaf.clone())))
        logit = logits[0, choose(logits.detach())]
    (relevance,) = torch.autograd.grad(logit, leaf, logit.detach())
    return relevance, logits.detach()
