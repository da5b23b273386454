"""Watching a forward pass operation by operation, to give some of them another backward.

The network is neither copied, hooked nor rewritten, so reused modules, functional calls, ``+=``
and in-place ReLU need no special case.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from engine.attribution.base.tensor_tags import (
    Bounds,
    bounds_of,
    close_assembly,
    depends_on_input,
    is_assembled,
    is_gate,
    is_seen,
    newest,
    note_signs,
    tag,
    tag_unsupported,
    tensors_in,
    unsupported_in,
)
from engine.attribution.lrp.context import Layer, Settings
from engine.attribution.lrp.dispatch import HANDLERS, MOVES
from engine.attribution.lrp.in_place import fills_part, is_in_place
from engine.attribution.lrp.refusals import without_rule
from engine.errors import AttributionError

_ACTIVATION = re.compile("swish|silu|mish|gelu", re.IGNORECASE)


class HandlerMode(TorchFunctionMode):
    """While active, operations on the input that have a handler go through it.

    Parameters
    ----------
    handlers : mapping
        Handlers by operation; each is given this mode first.
    """

    def __init__(self, handlers: Mapping[Callable[..., Any], Callable[..., Any]]) -> None:
        super().__init__()
        self._handlers = handlers

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = {name: newest(value) for name, value in (kwargs or {}).items()}
        args = newest(args) if args or "input" not in kwargs else (kwargs.pop("input"),)
        handler = self._handlers.get(func)
        if handler is None or not depends_on_input(*args, *kwargs.values()):
            return self.unhandled(func, args, kwargs)
        result = handler(self, func, args, kwargs)
        if is_in_place(func, args, kwargs):
            tag(args[0], newer=result)
        return result

    def unhandled(self, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Do an operation that has no handler."""
        return func(*args, **kwargs)


class RelevanceMode(HandlerMode):
    """While active, operations on the input record how relevance goes back through them.

    Operations without a rule are done as they are and noted on their results.

    Parameters
    ----------
    bounds : (Tensor, Tensor)
        Lowest and highest values of the input, which broadcast to it.
    settings : Settings
        Composite and options.

    Attributes
    ----------
    positions : Tensor or None
        After the backward pass, relevance of each clip, (N,), that came with position embeddings,
        nan where clips cannot be told apart; None where there are none.
    """

    def __init__(self, bounds: Bounds, settings: Settings) -> None:
        super().__init__(HANDLERS)
        self._bounds = bounds
        self.settings = settings
        self.last: Layer | None = None
        self.positions: Tensor | None = None
        self._clips = 1

    def note_positions(self, taken: Tensor, *, by_clip: bool) -> None:
        """Take down relevance that came with positions, by clip if these are its first axis."""
        count = self._clips
        if count > 1 and (not by_clip or len(taken) % count):
            taken = taken.new_full((count,), math.nan)
        whole = taken.reshape(count, -1).sum(1, dtype=torch.float64)
        self.positions = whole if self.positions is None else self.positions + whole

    def enter(self, tensor: Tensor) -> Tensor:
        """Mark a tensor as the network's input."""
        self._clips = len(tensor)
        low, high = (bound.to(tensor.dtype).expand_as(tensor) for bound in self._bounds)
        tag(tensor, bounds=(low, high), seen=True)
        return tensor

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        for part in tensors_in((args, *(kwargs or {}).values())):
            note_unseen(part)
        if func in HANDLERS or func in MOVES:
            close_assembly(args)
        if fills_part(func, newest(args), kwargs or {}):
            return func(*newest(args), **(kwargs or {}))  # its whole will be seen to be unseen
        result = super().__torch_function__(func, types, args, kwargs)
        if is_in_place(func, args, kwargs or {}) and depends_on_input(result):
            note_changed_part(args[0], func, result)
        if func is Tensor.__iter__:
            result = list(result)
        for part in tensors_in((result,)):
            if part.requires_grad:  # inside a custom function nothing does, and nothing is seen
                tag(part, seen=True)
        missing = unsupported_in(args) | unsupported_in(list((kwargs or {}).values()))
        for name in missing:  # assigning to a part returns nothing, but changes its target
            tag_unsupported(newest(args[0]) if result is None else result, name)
        return iter(result) if func is Tensor.__iter__ else result

    def unhandled(self, func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Move bounds along, and tag the result of an operation on the input that has no rule."""
        if func is Tensor.__setitem__:
            return _assign(func, args, kwargs)
        result = func(*args, **kwargs)
        if func in MOVES:
            _move_notes(func, args, kwargs, result)
        elif depends_on_input(result):
            without_rule(result, func)
        return result


def note_unseen(value: Tensor) -> None:
    """Tag a tensor whose way from the input holds an operation that no mode can see.

    Custom autograd functions and TorchScript do that. Activations among the former, such as the
    Swish that saves memory in X3D, pass relevance on by a hook on their node in the graph.
    """
    if not value.requires_grad or is_seen(value):
        return
    tag(value, seen=True)
    node = value.grad_fn
    name = type(value).__name__ if node is None else node.name()
    if name.endswith("CopySlices"):
        tag_unsupported(
            value, "CopySlices (a part of a tensor changed in place, as by x[0].copy_(y))"
        )
    elif node is not None and len(node.next_functions) == 1 and _ACTIVATION.search(name):
        node.register_hook(lambda _gradients, relevance: relevance)
    else:
        tag_unsupported(value, f"{name} (inside vmap, a custom autograd function or TorchScript)")


def note_changed_part(part: Tensor, func: Callable[..., Any], result: Tensor) -> None:
    """Tag the whole that a view shows, when the view is changed in place.

    The change is made in a copy, and the whole would go on without it: what uses it again has no
    rule, unless the result is assigned to the part, as Python does for ``whole[0] += 1``.
    """
    if not part._is_view() or part._base is None:
        return
    whole = part._base
    tag(result, part_of=(whole, unsupported_in(whole)))
    without_rule(whole, func, "in place on a part of a tensor that is used again")


def refuse_missing(logits: Tensor) -> None:
    """Raise AttributionError if logits depend on operations that have no rule, naming them all.

    Nor is there one for outputs that are factors such as exp: below a logit of zero their relevance
    would have the wrong sign.
    """
    note_unseen(logits)
    missing = list(unsupported_in(logits))
    if missing:
        noun = "the operation" if len(missing) == 1 else "the operations"
        raise AttributionError(
            f"LRP has no rule for {noun} {', '.join(missing)}.",
            "Choose a gradient or perturbation method for this model.",
        )
    if is_gate(logits):
        raise AttributionError(
            "LRP has no rule for outputs that are a softmax, a sigmoid or an exp written by hand.",
            "Return the logits before it, or choose a gradient or perturbation method.",
        )


def _assign(func: Callable[..., Any], args: Any, kwargs: Any) -> None:
    """Assign to a part of a tensor: a move.

    A tensor that a rule may have seen already is left alone, because rules still need what it
    held; one that is being put together is not copied for each of its parts.
    """
    target = args[0]
    whole, before = getattr(args[2], "_part_of", (None, {}))
    if whole is not None and (whole is target or whole is target._base):
        tag(whole, unsupported=before)
    if depends_on_input(target) and not is_assembled(target):
        changed = target.clone()
        func(changed, *args[1:], **kwargs)
        note_changed_part(target, func, changed)
        tag(changed, seen=True)
        tag(target, newer=changed)
        return
    func(*args, **kwargs)
    if depends_on_input(target):
        tag(target, assembled=True, seen=True)


def _move_notes(func: Callable[..., Any], args: Any, kwargs: Any, result: Any) -> None:
    """Copy tags to moved values: bounds say what z^B may assume, gates take nothing, signs."""
    source = args[0] if args else None
    parts = (result,) if isinstance(result, Tensor) else tuple(result)
    for part in parts:
        note_signs(part, source)
    bounds: Bounds | None = bounds_of(source)
    if bounds is None:
        return
    # Bounds repeat a value in memory, where the input may be viewed and they may not.
    ends = [
        bound.reshape(result.shape)
        if func in (Tensor.view, Tensor.view_as)
        else func(bound, *args[1:], **kwargs)
        for bound in bounds
    ]
    lows, highs = ([end] if isinstance(end, Tensor) else end for end in ends)
    for part, *both in zip(parts, lows, highs, strict=True):
        tag(part, bounds=tuple(both))
