"""Table of operations: LRP's handler of each, and those that need none."""

from __future__ import annotations

from inspect import unwrap

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.lrp import attention, compounds, linear, pointwise, pooling, positions
from engine.attribution.lrp.context import Function, Handler, named
from engine.attribution.lrp.in_place import IN_PLACE_MOVES
from engine.attribution.lrp.recurrent import RECURRENT
from engine.attribution.lrp.refusals import of_combined_sigmoids, of_first

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
    *named(functional, "softplus softsign hardswish hardtanh hardtanh_ logsigmoid threshold"),
    *named(functional, "celu_ selu_ threshold_ hardshrink softshrink tanhshrink rrelu"),
    *named(torch, "clamp prelu clamp_min clamp_max clip clamp_ abs absolute square sqrt log log1p"),
    *named(torch, "expm1 erf abs_ sqrt_ square_ selu celu nan_to_num"),
    *named(Tensor, "clamp clamp_ clamp_min clamp_min_ clamp_max clamp_max_ clip clip_ prelu abs"),
    *named(Tensor, "absolute abs_ __abs__ square square_ sqrt sqrt_ log log_ log1p log1p_ expm1"),
    *named(Tensor, "erf nan_to_num"),
)
_SIGMOIDS = (
    *named(functional, "sigmoid hardsigmoid"),
    *named(torch, "sigmoid sigmoid_ exp exp_ exp2 rsqrt rsqrt_ reciprocal reciprocal_ sign sgn"),
    *named(Tensor, "sigmoid sigmoid_ exp exp_ exp2 rsqrt rsqrt_ reciprocal reciprocal_ sign sgn"),
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
    *named(Tensor, "div div_ divide true_divide __truediv__ __itruediv__"),
)
_POWERS = (
    *named(torch, "pow float_power"),
    *named(Tensor, "pow pow_ float_power __pow__ __ipow__"),
)
_EXTREMES = (
    *named(torch, "max min maximum minimum fmax fmin"),
    *named(Tensor, "max min maximum minimum fmax fmin"),
)
_AVERAGES = (
    *named(functional, "avg_pool1d avg_pool2d avg_pool3d interpolate"),
    *named(functional, "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d"),
    *named(functional, "lp_pool1d lp_pool2d lp_pool3d fold grid_sample"),
    *named(torch, "mean sum nanmean nansum cumsum"),
    *named(Tensor, "mean sum nanmean nansum cumsum"),
)
_NORMS = (
    *named(torch.linalg, "vector_norm norm matrix_norm"),
    *named(torch, "norm"),
    *named(Tensor, "norm"),
)
_SPREADS = (*named(torch, "std var"), *named(Tensor, "std var"))
_OVERLAYS = (*named(torch, "scatter_add index_add"), *named(Tensor, "scatter_add index_add"))
_OWN_GRADIENT = (
    *named(functional, "max_unpool1d max_unpool2d max_unpool3d"),
    *named(torch, "logsumexp quantile nanquantile broadcast_tensors hstack vstack dstack"),
    *named(torch, "column_stack scatter index_copy index_fill masked_scatter select_scatter"),
    *named(torch, "slice_scatter diagonal_scatter"),
    *named(Tensor, "logsumexp quantile nanquantile scatter index_copy index_fill"),
    *named(Tensor, "masked_scatter select_scatter slice_scatter diagonal_scatter"),
)
_PRODUCTS = (
    *named(torch, "matmul mm bmm mv dot"),
    *named(Tensor, "matmul mm bmm mv dot __matmul__"),
    torch.linalg.matmul,
)
_CONTRACTIONS = (
    *named(torch, "inner outer tensordot kron"),
    *named(Tensor, "inner outer"),
    torch.linalg.vecdot,
)
_SOFTMAX: tuple[Function, ...] = (
    functional.softmax,
    torch.softmax,
    torch.special.softmax,
    Tensor.softmax,
)
_NORMALISATIONS = named(
    functional, "group_norm instance_norm rms_norm normalize local_response_norm"
)
_MAX_POOLING = (
    *named(functional, "max_pool1d max_pool2d max_pool3d"),
    *named(functional, "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d"),
    *named(functional, "max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices"),
    *named(functional, "adaptive_max_pool1d_with_indices adaptive_max_pool2d_with_indices"),
    *named(functional, "adaptive_max_pool3d_with_indices fractional_max_pool2d"),
    *named(functional, "fractional_max_pool3d"),
    *named(torch, "max_pool1d max_pool2d max_pool3d"),
)

HANDLERS: dict[Function, Handler] = {
    **dict.fromkeys(CONVOLUTIONS, of_first(linear.convolution)),
    **dict.fromkeys(_ACTIVATIONS, of_first(pointwise.activation)),
    **dict.fromkeys(_SIGMOIDS, pointwise.sigmoid),
    **dict.fromkeys(_TANHS, pointwise.tanh),
    **dict.fromkeys(_ADDITIONS, pointwise.addition),
    **dict.fromkeys(_SUBTRACTIONS, pointwise.subtraction),
    **dict.fromkeys(_MULTIPLICATIONS, pointwise.multiplication),
    **dict.fromkeys(_DIVISIONS, pointwise.division),
    **dict.fromkeys(_POWERS, pointwise.power),
    **dict.fromkeys(_EXTREMES, pointwise.extreme),
    **dict.fromkeys((torch.where, Tensor.where), pointwise.choice),
    **dict.fromkeys(_AVERAGES, of_first(pooling.averaging)),
    **dict.fromkeys(_NORMS, pooling.norm),
    **dict.fromkeys(_SPREADS, pooling.spread),
    **dict.fromkeys((torch.std_mean, torch.var_mean), pooling.spread_and_mean),
    **dict.fromkeys(named(torch, "cat concat concatenate"), positions.concatenation),
    **dict.fromkeys(IN_PLACE_MOVES, pooling.move_in_place),
    **dict.fromkeys(_OVERLAYS, pooling.overlay),
    **dict.fromkeys(_OWN_GRADIENT, pooling.own_gradient),
    **dict.fromkeys(_MAX_POOLING, pooling.max_pooling),
    Tensor.__rsub__: pointwise.reversed_subtraction,
    torch.rsub: pointwise.reversed_subtraction,
    Tensor.__rtruediv__: pointwise.reversed_division,
    Tensor.__rpow__: pointwise.reversed_power,
    functional.linear: attention.projection,
    functional.batch_norm: of_first(linear.batch_norm),
    **dict.fromkeys(_PRODUCTS, attention.matmul),
    **dict.fromkeys(_CONTRACTIONS, attention.contraction),
    Tensor.__rmatmul__: attention.reversed_matmul,
    **dict.fromkeys(_SOFTMAX, attention.softmax),
    **dict.fromkeys(_NORMALISATIONS, of_first(attention.normalisation)),
    **dict.fromkeys((torch.baddbmm, torch.addmm), attention.sum_of_products),
    **dict.fromkeys((torch.neg, Tensor.neg, Tensor.neg_, Tensor.__neg__), attention.negation),
    functional.layer_norm: of_first(attention.layer_norm),
    torch.einsum: attention.einsum,
    torch.special.logit: of_combined_sigmoids,  # as reading of outputs makes them
    functional.scaled_dot_product_attention: attention.attention,
    functional.multi_head_attention_forward: attention.multi_head,
    functional.cosine_similarity: compounds.cosine_similarity,
    functional.pairwise_distance: compounds.pairwise_distance,
    functional.bilinear: compounds.bilinear,
    functional.glu: compounds.gated,
    functional.softmin: compounds.softmin,
    torch.cdist: compounds.distances,
    **dict.fromkeys((torch.dist, Tensor.dist), compounds.distance),
    **dict.fromkeys((torch.diff, Tensor.diff), compounds.differences),
    **dict.fromkeys((torch.lerp, Tensor.lerp), compounds.blend),
    **dict.fromkeys((torch.addcmul, Tensor.addcmul), compounds.addition_of_product),
    **dict.fromkeys((torch.addcdiv, Tensor.addcdiv), compounds.addition_of_quotient),
    **RECURRENT,
}
"""Operations with a relevance backward of their own."""

OF_FIRST = frozenset(func for func, handler in HANDLERS.items() if unwrap(handler) is not handler)
"""Those of which the first argument alone is followed."""

MOVES: frozenset[Function] = frozenset(
    (
        *named(
            torch,
            "cat concat concatenate stack chunk split unbind tensor_split flatten reshape squeeze",
        ),
        *named(torch, "unsqueeze permute transpose movedim swapaxes narrow select index_select"),
        *named(torch, "gather masked_fill flip roll tile repeat_interleave broadcast_to amax"),
        *named(torch, "_pack_padded_sequence _pad_packed_sequence"),
        *named(functional, "pad pixel_shuffle channel_shuffle dropout dropout1d dropout2d"),
        *named(functional, "dropout3d alpha_dropout feature_alpha_dropout"),
        *named(Tensor, "__getitem__ __iter__ chunk split unbind tensor_split flatten unflatten"),
        *named(Tensor, "reshape squeeze unsqueeze permute transpose movedim swapaxes view view_as"),
        *named(Tensor, "narrow select index_select gather masked_fill flip roll tile repeat"),
        *named(Tensor, "repeat_interleave broadcast_to expand expand_as amax clone contiguous"),
        *named(Tensor, "to type type_as float half bfloat16 cuda cpu"),
        *named(torch, "topk sort msort kthvalue median nanmedian mode amin aminmax cummax cummin"),
        *named(torch, "take take_along_dim masked_select rot90 fliplr flipud diagonal tril triu"),
        *named(torch, "moveaxis swapdims t ravel hsplit vsplit dsplit unflatten narrow_copy"),
        *named(torch, "atleast_1d atleast_2d atleast_3d diag diag_embed"),
        *named(functional, "unfold pixel_unshuffle"),
        *named(Tensor, "topk sort msort kthvalue median nanmedian mode amin aminmax cummax cummin"),
        *named(Tensor, "take take_along_dim masked_select rot90 fliplr flipud diagonal tril triu"),
        *named(Tensor, "moveaxis swapdims t ravel hsplit vsplit dsplit unfold narrow_copy double"),
        *named(Tensor, "reshape_as diag diag_embed"),
        Tensor.T.__get__,  # type: ignore[attr-defined]
        Tensor.mT.__get__,  # type: ignore[attr-defined]
    )
)
"""Operations that only move values: their gradient already carries relevance to where it came
from."""
