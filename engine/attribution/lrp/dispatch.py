"""Table of operations: LRP's handler of each, and those that need none."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.lrp import attention, linear, pointwise, pooling
from engine.attribution.lrp.context import Function, Handler

CONVOLUTIONS: tuple[Function, ...] = (
    torch.conv1d,
    torch.conv2d,
    torch.conv3d,
    torch.conv_transpose1d,
    torch.conv_transpose2d,
    torch.conv_transpose3d,
)
RECTIFIERS: tuple[Function, ...] = (
    functional.relu,
    functional.relu_,
    functional.relu6,
    torch.relu,
    torch.relu_,
    Tensor.relu,
    Tensor.relu_,
)
_ACTIVATIONS: tuple[Function, ...] = (
    *RECTIFIERS,
    functional.leaky_relu,
    functional.leaky_relu_,
    functional.prelu,
    functional.elu,
    functional.elu_,
    functional.selu,
    functional.celu,
    functional.gelu,
    functional.silu,
    functional.mish,
    functional.softplus,
    functional.softsign,
    functional.hardswish,
    functional.hardtanh,
    functional.hardtanh_,
    torch.clamp,
    torch.prelu,
    Tensor.clamp,
    Tensor.clamp_,
    Tensor.clamp_min,
    Tensor.clamp_min_,
)
_SIGMOIDS: tuple[Function, ...] = (
    functional.sigmoid,
    functional.hardsigmoid,
    torch.sigmoid,
    torch.sigmoid_,
    Tensor.sigmoid,
    Tensor.sigmoid_,
)
_TANHS: tuple[Function, ...] = (functional.tanh, torch.tanh, torch.tanh_, Tensor.tanh, Tensor.tanh_)
_ADDITIONS: tuple[Function, ...] = (
    torch.add,
    Tensor.add,
    Tensor.add_,
    Tensor.__add__,
    Tensor.__radd__,
    Tensor.__iadd__,
)
_SUBTRACTIONS: tuple[Function, ...] = (
    torch.sub,
    torch.subtract,
    Tensor.sub,
    Tensor.sub_,
    Tensor.__sub__,
    Tensor.__isub__,
)
_MULTIPLICATIONS: tuple[Function, ...] = (
    torch.mul,
    torch.multiply,
    Tensor.mul,
    Tensor.mul_,
    Tensor.multiply,
    Tensor.__mul__,
    Tensor.__rmul__,
    Tensor.__imul__,
)
_DIVISIONS: tuple[Function, ...] = (
    torch.div,
    torch.divide,
    torch.true_divide,
    Tensor.div,
    Tensor.div_,
    Tensor.__truediv__,
    Tensor.__itruediv__,
)
_AVERAGES: tuple[Function, ...] = (
    functional.avg_pool1d,
    functional.avg_pool2d,
    functional.avg_pool3d,
    functional.adaptive_avg_pool1d,
    functional.adaptive_avg_pool2d,
    functional.adaptive_avg_pool3d,
    functional.interpolate,
    torch.mean,
    torch.sum,
    Tensor.mean,
    Tensor.sum,
)
_PRODUCTS: tuple[Function, ...] = (
    torch.matmul,
    torch.mm,
    torch.bmm,
    Tensor.matmul,
    Tensor.mm,
    Tensor.bmm,
    Tensor.__matmul__,
)
_SOFTMAX: tuple[Function, ...] = (
    functional.softmax,
    torch.softmax,
    torch.special.softmax,
    Tensor.softmax,
)
_NORMALISATIONS: tuple[Function, ...] = (
    functional.group_norm,
    functional.instance_norm,
    functional.rms_norm,
)
_MAX_POOLING: tuple[Function, ...] = (
    functional.max_pool1d,
    functional.max_pool2d,
    functional.max_pool3d,
    functional.adaptive_max_pool1d,
    functional.adaptive_max_pool2d,
    functional.adaptive_max_pool3d,
    torch.max_pool1d,
    torch.max_pool2d,
    torch.max_pool3d,
)

HANDLERS: dict[Function, Handler] = {
    **dict.fromkeys(CONVOLUTIONS, linear.convolution),
    **dict.fromkeys(_ACTIVATIONS, pointwise.activation),
    **dict.fromkeys(_SIGMOIDS, pointwise.sigmoid),
    **dict.fromkeys(_TANHS, pointwise.tanh),
    **dict.fromkeys(_ADDITIONS, pointwise.addition),
    **dict.fromkeys(_SUBTRACTIONS, pointwise.subtraction),
    **dict.fromkeys(_MULTIPLICATIONS, pointwise.multiplication),
    **dict.fromkeys(_DIVISIONS, pointwise.division),
    **dict.fromkeys(_AVERAGES, pooling.averaging),
    **dict.fromkeys(_MAX_POOLING, pooling.max_pooling),
    Tensor.__rsub__: pointwise.reversed_subtraction,
    torch.rsub: pointwise.reversed_subtraction,
    functional.linear: linear.linear,
    functional.batch_norm: linear.batch_norm,
    **dict.fromkeys(_PRODUCTS, attention.matmul),
    **dict.fromkeys(_SOFTMAX, attention.softmax),
    **dict.fromkeys(_NORMALISATIONS, attention.normalisation),
    **dict.fromkeys((torch.baddbmm, torch.addmm), attention.sum_of_products),
    **dict.fromkeys((torch.neg, Tensor.neg, Tensor.__neg__), attention.negation),
    functional.layer_norm: attention.layer_norm,
    torch.einsum: attention.einsum,
    functional.scaled_dot_product_attention: attention.attention,
    functional.multi_head_attention_forward: attention.multi_head,
}
"""Operations with a relevance backward of their own."""

MOVES: frozenset[Function] = frozenset(
    (
        torch.cat,
        torch.concat,
        torch.stack,
        torch.chunk,
        torch.split,
        torch.unbind,
        torch.flatten,
        torch.squeeze,
        torch.unsqueeze,
        torch.permute,
        torch.transpose,
        torch.reshape,
        torch.movedim,
        torch.swapaxes,
        torch.narrow,
        torch.index_select,
        torch.select,
        torch.tensor_split,
        torch.gather,
        torch.masked_fill,
        torch.flip,
        torch.roll,
        torch.tile,
        torch.repeat_interleave,
        torch.broadcast_to,
        torch.amax,
        functional.pad,
        functional.dropout,
        functional.dropout1d,
        functional.dropout2d,
        functional.dropout3d,
        functional.alpha_dropout,
        functional.feature_alpha_dropout,
        functional.pixel_shuffle,
        functional.channel_shuffle,
        Tensor.__getitem__,
        Tensor.__iter__,
        Tensor.T.__get__,  # type: ignore[attr-defined]
        Tensor.mT.__get__,  # type: ignore[attr-defined]
        Tensor.amax,
        Tensor.broadcast_to,
        Tensor.chunk,
        Tensor.clone,
        Tensor.contiguous,
        Tensor.expand,
        Tensor.expand_as,
        Tensor.flatten,
        Tensor.flip,
        Tensor.index_select,
        Tensor.movedim,
        Tensor.narrow,
        Tensor.permute,
        Tensor.repeat,
        Tensor.repeat_interleave,
        Tensor.reshape,
        Tensor.roll,
        Tensor.select,
        Tensor.tensor_split,
        Tensor.gather,
        Tensor.masked_fill,
        Tensor.split,
        Tensor.squeeze,
        Tensor.swapaxes,
        Tensor.tile,
        Tensor.to,
        Tensor.type,
        Tensor.type_as,
        Tensor.float,
        Tensor.half,
        Tensor.bfloat16,
        Tensor.cuda,
        Tensor.cpu,
        Tensor.transpose,
        Tensor.unbind,
        Tensor.unflatten,
        Tensor.unsqueeze,
        Tensor.view,
        Tensor.view_as,
    )
)
"""Operations that only move values: their gradient already carries relevance to where it came
from."""
