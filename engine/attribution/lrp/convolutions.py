"""Strided convolutions whose gradient by the input is quick on a CPU too.

The libraries behind torch take 53 ms for the input gradient of a video ResNet's first layer (3
channels, stride 2) where the forward pass takes 8, and 14 ms for a 1x1x1 convolution of stride 2
that takes 1.6 (oneDNN, two cores, 16x112x112). Both are an ordinary convolution of stride 1
in disguise: input places fall into phases by their remainder modulo the stride, and each phase
sees its own part of the kernel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor, autograd

_FEW_CHANNELS = 8
_MANY_CHANNELS = 32  # coming out; with fewer the library is the faster one
_MOST_WASTE = 1.8  # places of the padded kernel to real ones; above, the library is faster
_BY_DIMENSION: dict[int, Callable[..., Tensor]] = {
    1: torch.conv1d,
    2: torch.conv2d,
    3: torch.conv3d,
}


def convolve(
    func: Callable[..., Tensor], values: Tensor, weight: Tensor, bias: Tensor | None, rest: Any
) -> Tensor:
    """Convolve, with a quick gradient by the values where that of the library is slow.

    Parameters
    ----------
    func : callable
        ``torch.conv1d`` to ``conv3d`` or a transposed one.
    values, weight, bias
        As for ``func``. Weight and bias get no gradient.
    rest : sequence
        Its further arguments, by position: stride, padding, dilation, groups.
    """
    if func not in _BY_DIMENSION.values() or not _is_slow(values, weight, rest):
        return func(values, weight, bias, *rest)
    return cast("Tensor", _Strided.apply(values, (func, weight.detach(), bias, rest)))


def input_gradient(
    gradient: Tensor,
    weight: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
) -> Tensor:
    """Gradient of a convolution without dilation and groups by its input.

    Parameters
    ----------
    gradient : Tensor, (N, C_out, ...)
        Of the result.
    weight : Tensor, (C_out, C_in, ...)
    size : sequence of int
        Extent of the input in each dimension.
    stride, padding : sequence of int
        One for each dimension.

    Returns
    -------
    Tensor, (N, C_in, *size)
    """
    kernel = weight.shape[2:]
    if all(extent == 1 for extent in kernel) and not any(padding):
        return _scattered(gradient, weight, size, stride)
    phases, taps = _phase_kernels(weight, stride)
    conv = _BY_DIMENSION[len(kernel)]
    gradients = conv(gradient, phases, None, 1, [count - 1 for count in taps])
    whole = _interleaved(gradients, weight.shape[1], stride)
    for axis, (start, extent) in enumerate(zip(padding, size, strict=True), 2):
        whole = whole.narrow(axis, start, min(extent, whole.shape[axis] - start))
    return _padded_to(whole, size)


class _Strided(autograd.Function):
    """A convolution with `input_gradient` as its backward."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, call: tuple[Any, ...]) -> Tensor:
        func, weight, bias, rest = call
        ctx.weight, ctx.size = weight, values.shape[2:]
        ctx.stride, ctx.padding = (_each(rest[i], values.dim() - 2) for i in (0, 1))
        return cast("Tensor", func(values, weight, bias, *rest))

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        (gradient,) = grad_outputs
        return input_gradient(gradient, ctx.weight, ctx.size, ctx.stride, ctx.padding), None


def _is_slow(values: Tensor, weight: Tensor, rest: Any) -> bool:
    stride, padding, dilation, groups = rest
    dimensions = weight.dim() - 2
    simple = groups == 1 and not isinstance(padding, str) and values.dim() == weight.dim()
    if values.device.type != "cpu" or not simple or set(_each(dilation, dimensions)) != {1}:
        return False
    strides, kernel = _each(stride, dimensions), tuple(weight.shape[2:])
    if max(strides) == 1:
        return False
    if set(kernel) == {1}:
        return not any(_each(padding, dimensions))
    covered = [math.ceil(k / s) * s for k, s in zip(kernel, strides, strict=True)]
    waste = math.prod(covered) / math.prod(kernel)
    suits = weight.shape[1] <= _FEW_CHANNELS and len(weight) >= _MANY_CHANNELS
    return suits and waste <= _MOST_WASTE


def _each(value: Any, dimensions: int) -> tuple[int, ...]:
    numbers = tuple(value) if isinstance(value, list | tuple) else (value,)
    return numbers * dimensions if len(numbers) == 1 else numbers


def _scattered(
    gradient: Tensor, weight: Tensor, size: Sequence[int], stride: Sequence[int]
) -> Tensor:
    """Return each gradient to the one place it came from, for a kernel of one place."""
    conv = _BY_DIMENSION[len(size)]
    whole = gradient.new_zeros((len(gradient), weight.shape[1], *size))
    places = [slice(None, extent * step, step) for extent, step in _zipped(gradient, stride)]
    whole[(slice(None), slice(None), *places)] = conv(gradient, weight.transpose(0, 1))
    return whole


def _zipped(values: Tensor, stride: Sequence[int]) -> list[tuple[int, int]]:
    return list(zip(values.shape[2:], stride, strict=True))


def _phase_kernels(weight: Tensor, stride: Sequence[int]) -> tuple[Tensor, list[int]]:
    """Kernels (C_in * phases, C_out, ...) of stride 1, and their extents."""
    kernel = weight.shape[2:]
    taps = [math.ceil(extent / step) for extent, step in zip(kernel, stride, strict=True)]
    extents = [count * step for count, step in zip(taps, stride, strict=True)]
    split = _padded_to(weight, extents)
    split = split.reshape(*weight.shape[:2], *_pairs(taps, stride))
    dimensions = len(kernel)
    steps = [3 + 2 * d for d in range(dimensions)]  # remainders: the phases
    counts = [2 + 2 * d for d in range(dimensions)]
    phases = split.permute(1, *steps, 0, *counts).flip(tuple(range(-dimensions, 0)))
    return phases.reshape(-1, len(weight), *taps), taps


def _interleaved(gradients: Tensor, channels: int, stride: Sequence[int]) -> Tensor:
    """Put phases back in their places: (N, C * phases, ...) to (N, C, ... * stride)."""
    extents, dimensions = gradients.shape[2:], len(stride)
    split = gradients.view(len(gradients), channels, *stride, *extents)
    order = [axis for d in range(dimensions) for axis in (2 + dimensions + d, 2 + d)]
    whole = split.permute(0, 1, *order)
    sizes = [extent * step for extent, step in zip(extents, stride, strict=True)]
    return whole.reshape(len(gradients), channels, *sizes)


def _padded_to(values: Tensor, size: Sequence[int]) -> Tensor:
    """Zeros behind the last two or more dimensions, up to a size."""
    missing = [extent - had for extent, had in zip(size, values.shape[2:], strict=True)]
    if not any(missing):
        return values
    pads = [part for gap in reversed(missing) for part in (0, gap)]
    return torch.nn.functional.pad(values, pads)


def _pairs(first: Sequence[int], second: Sequence[int]) -> list[int]:
    return [number for pair in zip(first, second, strict=True) for number in pair]
