"""Relevance rules written out over dense matrices, in double precision, to compare with."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.models.model import Clip, VideoModel
from engine.types import ModelSpec, Rect

LinearOp = Callable[[Tensor, Tensor], Tensor]


def matrix(op: LinearOp, weight: Tensor, shape: torch.Size) -> Tensor:
    """Dense matrix (inputs, outputs) of an operation, found by pushing each basis vector."""
    basis = torch.eye(shape.numel(), dtype=torch.float64)
    rows = [op(vector.view(shape), weight.double()).flatten() for vector in basis]
    return torch.stack(rows)


def shared(contributions: Tensor, relevance: Tensor, like: Tensor) -> Tensor:
    """Give each output's relevance to its inputs in proportion to their contributions.

    Outputs that no input contributes to give nothing.
    """
    total = contributions.sum(0)
    factor = torch.where(total == 0, 0, relevance.double().flatten() / total)
    return (contributions @ factor).view(like.shape)


def epsilon(op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor) -> Tensor:
    """Contributions x w, signed."""
    contributions = values.double().flatten()[:, None] * matrix(op, weight, values.shape)
    return shared(contributions, relevance, values)


def z_plus(op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor) -> Tensor:
    """Positive contributions; evenly over the receptive field where there are none."""
    contributions = values.double().flatten()[:, None] * matrix(op, weight, values.shape)
    contributions = contributions.clamp(min=0)
    field = (matrix(op, torch.ones_like(weight), values.shape) != 0).double()
    orphaned = contributions.sum(0) == 0
    return shared(torch.where(orphaned, field, contributions), relevance, values)


def z_box(
    op: LinearOp, values: Tensor, weight: Tensor, low: Tensor, high: Tensor, relevance: Tensor
) -> Tensor:
    """Contributions x w - low w+ - high w-."""
    dense = matrix(op, weight, values.shape)
    x, least, most = (
        side.expand_as(values).double().flatten()[:, None] for side in (values, low, high)
    )
    contributions = x * dense - least * dense.clamp(min=0) - most * dense.clamp(max=0)
    return shared(contributions, relevance, values)


def parts(op: LinearOp, values: Tensor, weight: Tensor) -> Tensor:
    """Contributions (inputs, outputs) of every input to every output."""
    return values.double().flatten()[:, None] * matrix(op, weight, values.shape)


def alpha_beta(
    op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor, alpha: float
) -> Tensor:
    """What excited takes alpha times, what inhibited gives back alpha - 1 times."""
    contributions = parts(op, values, weight)
    up = shared(contributions.clamp(min=0), relevance, values)
    down = shared(contributions.clamp(max=0), relevance, values)
    return alpha * up - (alpha - 1) * down


def gamma(op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor, factor: float) -> Tensor:
    """Contributions of the output's own sign count 1 + gamma times."""
    contributions = parts(op, values, weight)
    own = contributions.sum(0).sign()
    favoured = contributions + factor * own * (own * contributions).clamp(min=0)
    return shared(favoured, relevance, values)


def w_square(op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor) -> Tensor:
    """Squared weights."""
    return shared(matrix(op, weight, values.shape).square(), relevance, values)


def flat(op: LinearOp, values: Tensor, weight: Tensor, relevance: Tensor) -> Tensor:
    """One for each input in the receptive field."""
    field = (matrix(op, torch.ones_like(weight), values.shape) != 0).double()
    return shared(field, relevance, values)


def clip_of(values: Tensor, low: float = -1.5, high: float = 2.0) -> Clip:
    """A clip of given values, (1, C, T, h, w), between two bounds."""
    shape = (1, values.shape[1], 1, 1, 1)
    height, width = values.shape[-2:]
    lowest, highest = torch.full(shape, low), torch.full(shape, high)
    return Clip(values, lowest, highest, Rect(0, 0, 1, 1), (width, height))


def random_clip(*shape: int, seed: int = 0) -> Clip:
    """A clip of uniform noise, by default one of (1, 3, 4, 8, 8)."""
    generator = torch.Generator().manual_seed(seed)
    return clip_of(torch.rand(shape or (1, 3, 4, 8, 8), generator=generator) * 3.5 - 1.5)


def model_of(module: torch.nn.Module, classes: int = 4) -> VideoModel:
    """A model around a network, frozen and in evaluation mode."""
    spec = ModelSpec(
        name="tiny",
        labels=tuple(f"class {index}" for index in range(classes)),
        frames=4,
        fps=None,
        stride=1,
        resize=(8, 8),
        crop=(8, 8),
        mean=(0.5, 0.5, 0.5),
        std=(0.25, 0.25, 0.25),
    )
    return VideoModel(spec, module.eval().requires_grad_(False), torch.device("cpu"))
