"""Linear operations: convolutions and matrix products, and the BatchNorm behind them.

BatchNorm is folded into the operation before it on the fly, so the network itself is neither
copied nor changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.tensor_tags import Bounds, alias, bounds_of, mark
from engine.attribution.lrp import rules
from engine.attribution.lrp.context import Function, Tape, name_of, passed, positional, relevant
from engine.attribution.lrp.convolutions import convolve
from engine.attribution.options.composites import RuleName
from engine.errors import AttributionError


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
        Its weight.
    bias : Tensor or None
        Its bias in the scale of ``weight``, shaped to add to the result.
    out_axis : int
        Axis of ``weight`` that counts output channels: 1 for a transposed convolution.
    bounds : (Tensor, Tensor) or None
        Lowest and highest that ``values`` can be where the network's input goes in here.
    is_dense : bool
        Whether it is a matrix product, not a convolution.
    positive : bool Tensor or None
        Where its result is positive; kept for the gamma rule alone.
    factor : Tensor or None
        What BatchNorm scales ``weight`` by; multiplied when needed, as a copy of all weights of
        a network would take more memory than the pass.
    """

    op: rules.LinearOp
    values: Tensor
    weight: Tensor
    bias: Tensor | None
    out_axis: int
    bounds: Bounds | None
    is_dense: bool
    positive: Tensor | None = None
    factor: Tensor | None = None

    def relevance(self, tape: Tape, relevance: Tensor) -> Tensor:
        """Relevance of what went in, from that of what came out."""
        kind = relevance.dtype
        precise = torch.float64 if kind == torch.float64 else torch.float32  # not half
        values, weight = self.values.detach().to(precise), self.weight.detach().to(precise)
        if self.factor is not None:
            weight = weight * self.factor.to(precise)
        relevance = relevance.to(precise)
        bias = self.bias.to(precise) if tape.settings.biases and self.bias is not None else None
        result = self._shared(tape, values, weight, bias, relevance)
        if tape.settings.composite.contrastive and self is tape.last:
            opposite = None if bias is None else -bias
            result = result - self._shared(tape, values, -weight, opposite, relevance)
        return result.to(kind)

    def _shared(
        self, tape: Tape, values: Tensor, weight: Tensor, bias: Tensor | None, back: Tensor
    ) -> Tensor:
        rule, settings = self._rule(tape), tape.settings
        given, small = (self.op, values, weight), settings.composite.stabilizer
        if rule == "z-box":
            assert self.bounds is not None
            wide = self._can_be_wide(weight, values)
            return rules.z_box(*given, *self.bounds, back, wide=wide, stabilizer=small)
        if rule == "flat":
            return rules.flat(*given, back)
        if rule == "w-square":
            return rules.w_square(*given, back, stabilizer=small)
        if rule == "z-plus":
            return rules.z_plus(*given, back, bias=bias, stabilizer=small)
        if rule == "alpha-beta":
            return rules.alpha_beta(*given, back, bias=bias, stabilizer=small)
        if rule == "gamma":
            return rules.gamma(
                *given,
                back,
                gamma=settings.gamma,
                positive=self.positive,
                bias=bias,
                stabilizer=small,
            )
        extra = settings.epsilon
        return rules.epsilon(*given, back, bias=bias, stabilizer=small, epsilon=extra)

    def _rule(self, tape: Tape) -> RuleName:
        composite = tape.settings.composite
        if self.bounds is not None and composite.first is not None:
            return composite.first
        if self.is_dense or self is tape.last:
            return composite.dense
        return composite.convolution

    def _can_be_wide(self, weight: Tensor, values: Tensor) -> bool:
        one_group = weight.shape[1] == values.shape[1]
        return one_group and self.out_axis == 0 and not self.is_dense


def convolution(tape: Tape, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a convolution of any dimension, also a transposed one."""
    values, weight, bias, *rest = convolution_arguments(func, args, kwargs)

    def op(inputs: Tensor, kernel: Tensor) -> Tensor:
        return convolve(func, inputs, kernel, None, rest)

    with torch.no_grad():
        result = func(*args, **kwargs)
    axis = 1 if "transpose" in name_of(func) else 0
    shaped = None if bias is None else bias.detach().view(-1, *[1] * (weight.dim() - 2))
    layer = Layer(op, alias(values), weight, shaped, axis, bounds_of(values), False)
    return _layer(tape, layer, result)


def linear(tape: Tape, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a matrix product with a weight (K, C) and a bias."""
    values, weight, bias = positional(args, kwargs, {"input": None, "weight": None, "bias": None})
    with torch.no_grad():
        result = func(*args, **kwargs)
    held = None if bias is None else bias.detach()
    layer = Layer(functional.linear, alias(values), weight, held, 0, bounds_of(values), True)
    return _layer(tape, layer, result)


def matmul(tape: Tape, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a product with a constant matrix (C, K) from the right."""
    with torch.no_grad():
        result = func(*args, **kwargs)
    values, weight = args[0], args[1] if len(args) > 1 else next(iter(kwargs.values()))
    layer = Layer(functional.linear, alias(values), weight.t(), None, 0, bounds_of(values), True)
    return _layer(tape, layer, result)


def batch_norm(tape: Tape, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle BatchNorm: folded into the linear operation before it, else a scaling."""
    names = {"input": None, "running_mean": None, "running_var": None, "weight": None, "bias": None}
    rest = {"training": False, "momentum": 0.1, "eps": 1e-5}
    values, mean, var, gain, shift, training, _, eps = positional(args, kwargs, names | rest)
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
        return passed(result, values)  # nothing to fold into: one input each
    exact = tape.settings.composite.stabilizer > 0
    unit = torch.ones_like(scale) if exact else scale.abs()
    folded = _folded(before, scale, unit)
    if tape.settings.biases:
        folded.bias = _folded_bias(before, mean, scale, unit, shift)
    return _layer(tape, folded, result)


def _layer(tape: Tape, layer: Layer, result: Tensor) -> Tensor:
    if tape.settings.composite.convolution == "gamma":
        layer.positive = result > 0
    tape.last = layer
    made = relevant(lambda back: (layer.relevance(tape, back),), result, layer.values)
    mark(made, layer=layer)
    return made


def _folded(layer: Layer, scale: Tensor, unit: Tensor) -> Layer:
    """Fold BatchNorm's scale, (C_out,), in units of ``unit``, into a layer's weight.

    Every rule divides by the sum of an output's contributions, so the size of its scale cancels
    up to what a stabiliser adds. In units of that size only the sign is left: usually nothing.
    """
    factor = torch.where(unit > 0, scale / unit, 0.0)
    if bool((factor == 1).all()):
        return replace(layer)
    if layer.out_axis == 1:  # transposed: (C_in, C_out / groups, ...), channels of a group together
        groups = len(scale) // layer.weight.shape[1]
        factor = factor.view(groups, -1).repeat_interleave(layer.weight.shape[0] // groups, 0)
    factor = factor.view(*factor.shape, *[1] * (layer.weight.dim() - factor.dim()))
    return replace(layer, factor=factor if layer.factor is None else layer.factor * factor)


def _folded_bias(
    layer: Layer, mean: Tensor, scale: Tensor, unit: Tensor, shift: Tensor | None
) -> Tensor:
    """Bias of layer and BatchNorm together, in units of ``unit``."""
    trailing = [1] * (0 if layer.is_dense else layer.weight.dim() - 2)
    own = -mean if layer.bias is None else layer.bias.flatten() - mean
    whole = own * scale + (0 if shift is None else shift)
    size = unit.clamp(min=torch.finfo(unit.dtype).tiny)
    return (whole / size).detach().view(-1, *trailing)


def convolution_arguments(func: Function, args: Any, kwargs: Any) -> list[Any]:
    """Arguments of a convolution by position, its defaults filled in."""
    names = {"input": None, "weight": None, "bias": None, "stride": 1, "padding": 0}
    if "transpose" in name_of(func):
        rest = {"output_padding": 0, "groups": 1, "dilation": 1}
    else:
        rest = {"dilation": 1, "groups": 1}
    return positional(args, kwargs, names | rest)
