"""Linear operations: convolutions and matrix products, and the BatchNorm behind them.

BatchNorm is folded into the operation before it on the fly, so the network itself is neither
copied nor changed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.tensor_tags import alias, bounds_of, is_signed, keep_sign, tag
from engine.attribution.lrp.context import (
    Function,
    Layer,
    LrpContext,
    Settings,
    name_of,
    pass_through,
    positional,
    with_backward,
)
from engine.attribution.lrp.convolutions import convolve
from engine.attribution.lrp.fixed_rules import bias_by_size_rule
from engine.attribution.lrp.operation import Operation
from engine.attribution.lrp.rules import Epsilon, ZBox
from engine.errors import AttributionError


def layer_relevance(context: LrpContext, layer: Layer, relevance: Tensor) -> Tensor:
    """Return the relevance of what went into a layer, from that of what came out."""
    settings, is_last = context.settings, layer is context.last
    composite = settings.composite
    is_dense = layer.is_dense or is_last
    kind = composite.rule_for(at_input=layer.bounds is not None, is_dense=is_dense)
    if kind is ZBox and layer.bounds is not None and bool(layer.bounds[0].isnan().any()):
        kind = composite.rule_for(at_input=False, is_dense=is_dense)  # no bounds: zero is nothing
    rule, back = settings.rule(kind), relevance.to(_precision(relevance))
    operation = _operation(layer, back.dtype, settings)
    bias = None if settings.biases or not isinstance(rule, Epsilon) else layer.bias
    if bias is not None and layer.whole is not None:
        extra = settings.rule(Epsilon).epsilon
        result = bias_by_size_rule(operation, bias, layer.whole, back, epsilon=extra)
    else:
        result = rule.relevance(operation, back)
    if composite.contrastive and is_last:
        bias = None if operation.bias is None else -operation.bias
        opposite = replace(operation, weight=-operation.weight, bias=bias)
        result = result - rule.relevance(opposite, back)
    return result.to(relevance.dtype)


def _precision(relevance: Tensor) -> torch.dtype:
    return torch.float64 if relevance.dtype == torch.float64 else torch.float32  # not half


def _operation(layer: Layer, dtype: torch.dtype, settings: Settings) -> Operation:
    """Return a layer as its rule sees it: without history, with BatchNorm's factor."""
    values, weight = layer.values.detach().to(dtype), layer.weight.detach().to(dtype)
    if layer.factor is not None:
        weight = weight * layer.factor.to(dtype)
    plain = layer.out_axis == 0 and not layer.is_dense
    return Operation(
        layer.op,
        values,
        weight,
        bias=layer.bias.to(dtype) if settings.biases and layer.bias is not None else None,
        bounds=layer.bounds,
        positive=layer.positive,
        stabilizer=settings.composite.stabilizer,
        is_wide=plain and weight.shape[1] == values.shape[1],
    )


def convolution(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a convolution of any dimension, also a transposed one."""
    values, weight, bias, *rest = convolution_arguments(func, args, kwargs)

    def op(inputs: Tensor, kernel: Tensor) -> Tensor:
        return convolve(func, inputs, kernel, None, rest)

    with torch.no_grad():
        result = func(*args, **kwargs)
    axis = 1 if "transpose" in name_of(func) else 0
    shaped = None if bias is None else bias.detach().view(-1, *[1] * (weight.dim() - 2))
    layer = Layer(op, alias(values), weight, shaped, axis, bounds_of(values), False)
    return record(context, layer, result)


def linear(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a matrix product with a weight (K, C) and a bias."""
    values, weight, bias = positional(args, kwargs, {"input": None, "weight": None, "bias": None})
    with torch.no_grad():
        result = func(*args, **kwargs)
    held = None if bias is None else bias.detach()
    layer = Layer(functional.linear, alias(values), weight, held, 0, bounds_of(values), True)
    if is_signed(values):
        layer.whole = result
    return keep_sign(record(context, layer, result), values)


def matmul(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a product with a constant matrix (C, K) from the right."""
    with torch.no_grad():
        result = func(*args, **kwargs)
    values, weight = args[0], args[1] if len(args) > 1 else next(iter(kwargs.values()))
    layer = Layer(functional.linear, alias(values), weight.t(), None, 0, bounds_of(values), True)
    return keep_sign(record(context, layer, result), values)


def batch_norm(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
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
        return pass_through(result, values)  # nothing to fold into: one input each
    exact = context.settings.composite.stabilizer > 0
    unit = torch.ones_like(scale) if exact else scale.abs()
    folded = _folded(before, scale, unit)
    if context.settings.biases:
        folded.bias = _folded_bias(before, mean, scale, unit, shift)
    return record(context, folded, result)


def record(context: LrpContext, layer: Layer, result: Tensor) -> Tensor:
    """Give the result of a layer the backward that its rule says."""
    if context.settings.composite.convolution.needs_sign:
        layer.positive = result > 0
    context.last = layer
    made = with_backward(
        lambda back: (layer_relevance(context, layer, back),), result, layer.values
    )
    tag(made, layer=layer)
    return made


def _folded(layer: Layer, scale: Tensor, unit: Tensor) -> Layer:
    """Fold BatchNorm's scale, (C_out,), in units of ``unit``, into a layer's weight.

    Every rule divides by the sum of an output's contributions, so the size of its scale cancels
    up to what a stabilizer adds. In units of that size only the sign is left: usually nothing.
    """
    factor = torch.where(unit > 0, scale / unit, 0.0)
    if bool((factor == 1).all()):
        return replace(layer, whole=None)
    if layer.out_axis == 1:  # transposed: (C_in, C_out / groups, ...), channels of a group together
        groups = len(scale) // layer.weight.shape[1]
        factor = factor.view(groups, -1).repeat_interleave(layer.weight.shape[0] // groups, 0)
    factor = factor.view(*factor.shape, *[1] * (layer.weight.dim() - factor.dim()))
    whole = factor if layer.factor is None else layer.factor * factor
    return replace(layer, factor=whole, whole=None)


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
