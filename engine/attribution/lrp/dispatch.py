"""Table of operations: LRP's handler of each, and those that need none."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.lrp import attention, linear, pointwise, pooling
from engine.attribution.lrp.context import Function, Handler, named

CONVOLUTIONS = named(
    torch, "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d"
)
RECTIFIERS = (
    *named(functional, "relu relu_ relu6"),
    *named(torch, "relu relu_"),
    *named(Tensor, "relu relu_"),
)
_ACTIVATIONS = (
    *RECTIFIERS,
    *named(functional, "leaky_relu leaky_relu_ prelu elu elu_ selu celu gelu silu mish"),
    *named(functional, "softplus softsign hardswish hardtanh hardtanh_"),
    *named(torch, "clamp prelu"),
    *named(Tensor, "clamp clamp_ clamp_min clamp_min_"),
)
_SIGMOIDS = (
    *named(functional, "sigmoid hardsigmoid"),
    *named(torch, "sigmoid sigmoid_"),
    *named(Tensor, "sigmoid sigmoid_"),
)
_TANHS = (*named(functional, "tanh"), *named(torch, "tanh tanh_"), *named(Tensor, "tanh tanh_"))
_ADDITIONS = (*named(torch, "add"), *named(Tensor, "add add_ __add__ __radd__ __iadd__"))
_SUBTRACTIONS = (*named(torch, "sub subtract"), *named(Tensor, "sub sub_ __sub__ __isub__"))
_MULTIPLICATIONS = (
    *named(torch, "mul multiply"),
    *named(Tensor, "mul mul_ multiply __mul__ __rmul__ __imul__"),
)
_DIVISIONS = (
    *named(torch, "div divide true_divide"),
    *named(Tensor, "div div_ __truediv__ __itruediv__"),
)
_AVERAGES = (
    *named(functional, "avg_pool1d avg_pool2d avg_pool3d interpolate"),
    *named(functional, "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d"),
    *named(torch, "mean sum"),
    *named(Tensor, "mean sum"),
)
_PRODUCTS = (*named(torch, "matmul mm bmm"), *named(Tensor, "matmul mm bmm __matmul__"))
_SOFTMAX: tuple[Function, ...] = (
    functional.softmax,
    torch.softmax,
    torch.special.softmax,
    Tensor.softmax,
)
_NORMALISATIONS = named(functional, "group_norm instance_norm rms_norm")
_MAX_POOLING = (
    *named(functional, "max_pool1d max_pool2d max_pool3d"),
    *named(functional, "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d"),
    *named(torch, "max_pool1d max_pool2d max_pool3d"),
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
        *named(torch, "cat concat stack chunk split unbind tensor_split flatten reshape squeeze"),
        *named(torch, "unsqueeze permute transpose movedim swapaxes narrow select index_select"),
        *named(torch, "gather masked_fill flip roll tile repeat_interleave broadcast_to amax"),
        *named(functional, "pad pixel_shuffle channel_shuffle dropout dropout1d dropout2d"),
        *named(functional, "dropout3d alpha_dropout feature_alpha_dropout"),
        *named(Tensor, "__getitem__ __iter__ chunk split unbind tensor_split flatten unflatten"),
        *named(Tensor, "reshape squeeze unsqueeze permute transpose movedim swapaxes view view_as"),
        *named(Tensor, "narrow select index_select gather masked_fill flip roll tile repeat"),
        *named(Tensor, "repeat_interleave broadcast_to expand expand_as amax clone contiguous"),
        *named(Tensor, "to type type_as float half bfloat16 cuda cpu"),
        Tensor.T.__get__,  # type: ignore[attr-defined]
        Tensor.mT.__get__,  # type: ignore[attr-defined]
    )
)
"""Operations that only move values: their gradient already carries relevance to where it came
from."""
