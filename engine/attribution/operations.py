"""How each operation of a network passes relevance back: one handler an operation.

A handler computes the operation as it is and gives its result a backward that carries
relevance. BatchNorm is folded into the linear operation before it on the fly, so the network
itself is neither copied nor changed. The first argument always comes by position.

Operations in place leave their tensor alone, because rules still need what it held; the result
stands for it from then on (`engine.attribution.marks.newest`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import resolve_name

from engine.attribution import rules
from engine.attribution.marks import Bounds, alias, bounds_of, follows, mark
from engine.errors import AttributionError

Backward = Callable[..., tuple[Tensor, ...]]
Function = Callable[..., Any]
Handler = Callable[["Tape", Function, Any, Any], Tensor]

_HINT = "Choose a gradient method for this model."


class Tape(Protocol):
    """What handlers need to know of the pass: the last linear layer so far."""

    last: Layer | None


@dataclass(eq=False)
class Layer:
    """A linear operation met in the forward pass.

    Attributes
    ----------
    op : callable
        The operation without its bias, of (values, weight).
    values : Tensor
        What went in, with its history.
    weight : Tensor
        Its weight; the sign of BatchNorm's scale included once folded.
    out_axis : int
        Axis of ``weight`` that counts output channels: 1 for a transposed convolution.
    bounds : (Tensor, Tensor) or None
        Lowest and highest that ``values`` can be where the network's input goes in here.
    is_dense : bool
        Whether it is a matrix product, not a convolution.
    """

    op: rules.LinearOp
    values: Tensor
    weight: Tensor
    out_axis: int
    bounds: Bounds | None
    is_dense: bool

    def relevance(self, tape: Tape, relevance: Tensor) -> Tensor:
        """Relevance of what went in, from that of what came out."""
        values, weight = self.values.detach(), self.weight.detach()
        if self.bounds is not None:
            one_group = weight.shape[1] == values.shape[1]
            wide = one_group and self.out_axis == 0 and not self.is_dense
            return rules.z_box(self.op, values, weight, *self.bounds, relevance, wide=wide)
        if self.is_dense or self is tape.last:
            return rules.epsilon(self.op, values, weight, relevance)
        return rules.z_plus(self.op, values, weight, relevance)


class _Relevant(torch.autograd.Function):
    """Gives a result that was computed already a backward of our choice."""

    @staticmethod
    def forward(ctx: Any, made: tuple[Backward, Tensor], *values: Tensor) -> Tensor:
        # The result comes in a tuple, unseen by autograd: it would become a view otherwise.
        ctx.back, result = made
        return result

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        return (None, *ctx.back(grad_outputs[0]))


def _relevant(backward: Backward, result: Tensor, *values: Tensor) -> Tensor:
    return cast("Tensor", _Relevant.apply((backward, result.detach()), *values))


def _layer(tape: Tape, layer: Layer, result: Tensor) -> Tensor:
    tape.last = layer
    made = _relevant(lambda back: (layer.relevance(tape, back),), result, layer.values)
    mark(made, layer=layer)
    return made


def _convolution(tape: Tape, func: Function, args: Any, kwargs: Any) -> Tensor:
    values, weight, _bias, *rest = _positional(args, kwargs, _convolution_arguments(func))
    transposed = "transpose" in name_of(func)

    def op(inputs: Tensor, kernel: Tensor) -> Tensor:
        return cast("Tensor", func(inputs, kernel, None, *rest))

    with torch.no_grad():
        result = func(*args, **kwargs)
    axis = 1 if transposed else 0
    layer = Layer(op, alias(values), weight, axis, bounds_of(values), False)
    return _layer(tape, layer, result)


def _linear(tape: Tape, func: Function, args: Any, kwargs: Any) -> Tensor:
    values, weight, _bias = _positional(args, kwargs, {"input": None, "weight": None, "bias": None})
    with torch.no_grad():
        result = func(*args, **kwargs)
    layer = Layer(functional.linear, alias(values), weight, 0, bounds_of(values), True)
    return _layer(tape, layer, result)


def _batch_norm(tape: Tape, func: Function, args: Any, kwargs: Any) -> Tensor:
    names = {"input": None, "running_mean": None, "running_var": None, "weight": None, "bias": None}
    rest = {"training": False, "momentum": 0.1, "eps": 1e-5}
    values, mean, var, gain, _bias, training, _, eps = _positional(args, kwargs, names | rest)
    if training or mean is None:
        raise AttributionError(
            "A BatchNorm layer of this model keeps no running statistics.",
            "LRP needs a trained model in evaluation mode; choose a gradient method.",
        )
    with torch.no_grad():
        result = func(*args, **kwargs)
        scale = torch.rsqrt(var + eps) * (1.0 if gain is None else gain)
    before: Layer | None = getattr(values, "_layer", None)
    if before is None or (before.is_dense and values.dim() > 2):
        # Nothing to fold into: a scaling of its own, with one input each.
        return _relevant(lambda back: (back,), result, values)
    return _layer(tape, _folded(before, scale), result)


def _folded(layer: Layer, scale: Tensor) -> Layer:
    """Fold BatchNorm's scale, (C_out,), into a layer.

    Every rule divides by the sum of an output's contributions, so the size of its scale cancels
    and only the sign is left: usually nothing at all.
    """
    if bool((scale > 0).all()):
        return layer
    sign = scale.sign()
    if layer.out_axis == 1:  # transposed: (C_in, C_out / groups, ...), channels of a group together
        groups = len(scale) // layer.weight.shape[1]
        sign = sign.view(groups, -1).repeat_interleave(layer.weight.shape[0] // groups, 0)
    factor = sign.view(*sign.shape, *[1] * (layer.weight.dim() - sign.dim()))
    return replace(layer, weight=layer.weight.detach() * factor)


def _activation(tape: Tape, func: Function, args: Any, kwargs: Any) -> Tensor:
    values, rest = args[0], args[1:]
    given = values.detach().clone() if is_in_place(func, args, kwargs) else values.detach()
    with torch.no_grad():
        result = func(given, *rest, **kwargs)
    return _relevant(lambda back: (back,), result, values)


def _addition(tape: Tape, func: Function, args: Any, kwargs: Any) -> Tensor:
    first, second = args[0], args[1] if len(args) > 1 else kwargs["other"]
    with torch.no_grad():
        factor = kwargs.get("alpha", 1)
        result = torch.add(_value(first), _value(second), alpha=factor)
    followed = [side for side in (first, second) if follows((side,), {})]
    if len(followed) == 1:  # the other is a constant: a bias, which takes nothing
        if followed[0].shape != result.shape:
            raise AttributionError(
                f"LRP has no rule for {name_of(func)} that widens its input.",
                _HINT,
            )
        return _relevant(lambda back: (back,), result, followed[0])
    sides = (first.detach(), second.detach() * factor)
    if first.shape != second.shape:
        raise AttributionError(
            f"LRP has no rule for {name_of(func)} of two shapes.",
            _HINT,
        )
    return _relevant(lambda back: rules.shared(*sides, back), result, first, second)


def _averaging(tape: Tape, func: Function, args: Any, kwargs: Any) -> Tensor:
    values, rest = args[0], args[1:]
    with torch.no_grad():
        result = func(*args, **kwargs)
    fixed = values.detach()

    def back(relevance: Tensor) -> tuple[Tensor]:
        return (rules.proportional(lambda leaf: func(leaf, *rest, **kwargs), fixed, relevance),)

    return _relevant(back, result, values)


def is_in_place(func: Function, args: Any, kwargs: Any) -> bool:
    """Whether an operation changes its first argument."""
    if func in _IN_PLACE:
        return True
    position = _INPLACE_POSITION.get(func)
    if position is None:
        return False
    return bool(args[position] if len(args) > position else kwargs.get("inplace", False))


def _value(side: Any) -> Any:
    return side.detach() if isinstance(side, Tensor) else torch.as_tensor(side)


def _positional(args: Any, kwargs: Any, defaults: dict[str, Any]) -> list[Any]:
    values = dict(zip(defaults, args, strict=False))
    return list((defaults | values | kwargs).values())


def _convolution_arguments(func: Function) -> dict[str, Any]:
    names = {"input": None, "weight": None, "bias": None, "stride": 1, "padding": 0}
    if "transpose" in name_of(func):
        return names | {"output_padding": 0, "groups": 1, "dilation": 1}
    return names | {"dilation": 1, "groups": 1}


def name_of(func: Function) -> str:
    """Name of an operation for people: "torch.nn.functional.relu"."""
    return str(resolve_name(func) or getattr(func, "__name__", func))


_CONVOLUTIONS: tuple[Function, ...] = (
    torch.conv1d,
    torch.conv2d,
    torch.conv3d,
    torch.conv_transpose1d,
    torch.conv_transpose2d,
    torch.conv_transpose3d,
)
_ACTIVATIONS: tuple[Function, ...] = (
    functional.relu,
    functional.relu_,
    functional.relu6,
    functional.leaky_relu,
    torch.relu,
    torch.relu_,
    Tensor.relu,
    Tensor.relu_,
)
_IN_PLACE: frozenset[Function] = frozenset(
    (functional.relu_, torch.relu_, Tensor.relu_, Tensor.add_, Tensor.__iadd__)
)
_INPLACE_POSITION: dict[Function, int] = {
    functional.relu: 1,
    functional.relu6: 1,
    functional.leaky_relu: 2,
}
_ADDITIONS: tuple[Function, ...] = (
    torch.add,
    Tensor.add,
    Tensor.add_,
    Tensor.__add__,
    Tensor.__radd__,
    Tensor.__iadd__,
)
_AVERAGES: tuple[Function, ...] = (
    functional.avg_pool1d,
    functional.avg_pool2d,
    functional.avg_pool3d,
    functional.adaptive_avg_pool1d,
    functional.adaptive_avg_pool2d,
    functional.adaptive_avg_pool3d,
    torch.mean,
    Tensor.mean,
)

HANDLERS: dict[Function, Handler] = {
    **dict.fromkeys(_CONVOLUTIONS, _convolution),
    **dict.fromkeys(_ACTIVATIONS, _activation),
    **dict.fromkeys(_ADDITIONS, _addition),
    **dict.fromkeys(_AVERAGES, _averaging),
    functional.linear: _linear,
    functional.batch_norm: _batch_norm,
}
"""Operations with a relevance backward of their own."""

MOVES: frozenset[Function] = frozenset(
    (
        torch.cat,
        torch.stack,
        torch.chunk,
        torch.split,
        torch.flatten,
        torch.squeeze,
        torch.unsqueeze,
        torch.permute,
        torch.transpose,
        torch.reshape,
        torch.movedim,
        functional.pad,
        functional.dropout,
        functional.dropout1d,
        functional.dropout2d,
        functional.dropout3d,
        functional.max_pool1d,
        functional.max_pool2d,
        functional.max_pool3d,
        functional.adaptive_max_pool2d,
        functional.adaptive_max_pool3d,
        torch.max_pool1d,
        torch.max_pool2d,
        torch.max_pool3d,
        Tensor.__getitem__,
        Tensor.chunk,
        Tensor.clone,
        Tensor.contiguous,
        Tensor.expand,
        Tensor.flatten,
        Tensor.movedim,
        Tensor.permute,
        Tensor.reshape,
        Tensor.split,
        Tensor.squeeze,
        Tensor.to,
        Tensor.float,
        Tensor.transpose,
        Tensor.unbind,
        Tensor.unflatten,
        Tensor.unsqueeze,
        Tensor.view,
    )
)
"""Operations that only move values: their gradient already carries relevance to where it came
from (max pooling: winner-take-all)."""
