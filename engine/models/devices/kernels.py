"""The layers that video networks are made of, small enough to prove a device by in a second.

Values come from the frozen generator of NumPy (NEP 19), so that a layer's result in float64 is
known beforehand (`Kernel.known`): a torch whose own reference is wrong is noticed too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Kernel:
    """A layer with its input.

    Attributes
    ----------
    name : str
    build : callable
        Makes the layer.
    shape : tuple of int
        Of the input.
    known : tuple of two float
        The right sums of `fingerprint`, of the output and of the gradient by the input.
    """

    name: str
    build: Callable[[], nn.Module]
    shape: tuple[int, ...]
    known: tuple[float, float]

    def module(self) -> nn.Module:
        """Return the layer on the CPU in float32, in evaluation mode, the same every time."""
        with torch.random.fork_rng(devices=[]):  # the user's random numbers stay as they are
            module = self.build().float().eval().requires_grad_(False)
        for seed, (name, values) in enumerate(module.state_dict().items(), 1):
            if values.is_floating_point():
                values.copy_(_weights(name, tuple(values.shape), seed))
        return module

    def values(self) -> Tensor:
        """Return the input, float32: distinct numbers, so that a pooling has one answer."""
        count = prod(self.shape)
        order = np.random.RandomState(0).permutation(count)
        # 8 bits each within a block of 256: bf16 keeps them apart
        steps = np.argsort(order.reshape(-1, min(256, count)), axis=1).ravel()
        return torch.from_numpy(((steps - 127.5) / 64).astype(np.float32)).view(self.shape)


def start_of(output: Tensor) -> Tensor:
    """Return what is given to the backward pass of an output."""
    return _drawn(tuple(output.shape), 1000)


def fingerprint(values: Tensor) -> float:
    """Return a sum that changes when any of the values does."""
    weights = _drawn(tuple(values.shape), 2000).double()
    return float((values.double() * weights).sum() / values.numel())


def _weights(name: str, shape: tuple[int, ...], seed: int) -> Tensor:
    drawn = _drawn(shape, seed)
    if name.endswith("running_var"):
        return 0.5 + drawn.abs()
    scale = prod(shape[1:]) ** -0.5 if len(shape) > 1 else 0.5
    return drawn * scale


def _drawn(shape: tuple[int, ...], seed: int) -> Tensor:
    drawn = np.random.RandomState(seed).standard_normal(shape)
    return torch.from_numpy(drawn.astype(np.float32))


class _Attention(nn.Module):
    """Scaled dot product attention of 2 heads, from 32 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.mixed = nn.Linear(32, 96)

    def forward(self, values: Tensor) -> Tensor:
        parts = self.mixed(values).unflatten(-1, (3, 2, 16)).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind()
        return nn.functional.scaled_dot_product_attention(query, key, value)


class _Product(nn.Module):
    """The products of attention written out: softmax of a product, times the values."""

    def forward(self, values: Tensor) -> Tensor:
        shares = torch.softmax(values @ values.transpose(1, 2) / 8, dim=-1)
        return torch.bmm(shares, values)


class _Sequence(nn.Module):
    """The steps of a recurrent layer without its states."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, values: Tensor) -> Tensor:
        steps: Tensor = self.layer(values)[0]
        return steps


_CLIP = (2, 8, 4, 8, 8)
_LARGE = (1, 8, 8, 56, 56)

_LAYERS: tuple[tuple[str, Callable[[], nn.Module], tuple[int, ...]], ...] = (
    ("conv3d", lambda: nn.Conv3d(8, 16, 3, padding=1), _CLIP),
    ("conv3d pointwise", lambda: nn.Conv3d(8, 16, 1), _CLIP),
    ("conv3d in space", lambda: nn.Conv3d(8, 16, (1, 3, 3)), _CLIP),
    ("conv3d in time", lambda: nn.Conv3d(8, 16, (3, 1, 1)), _CLIP),
    ("conv3d grouped", lambda: nn.Conv3d(8, 16, 3, padding=1, groups=4), _CLIP),
    ("conv3d depthwise", lambda: nn.Conv3d(8, 8, 3, padding=1, groups=8), _CLIP),
    ("conv3d strided", lambda: nn.Conv3d(8, 16, 3, 2, 1), _CLIP),
    ("conv3d dilated", lambda: nn.Conv3d(8, 16, 3, padding=2, dilation=2), _CLIP),
    ("conv3d transposed", lambda: nn.ConvTranspose3d(8, 6, 3, 2, 1), _CLIP),
    ("conv3d large", lambda: nn.Conv3d(8, 8, 3, padding=1), _LARGE),
    ("conv2d", lambda: nn.Conv2d(8, 16, 3, padding=1), (2, 8, 16, 16)),
    ("conv2d depthwise", lambda: nn.Conv2d(8, 8, 3, groups=8), (2, 8, 16, 16)),
    ("conv2d transposed", lambda: nn.ConvTranspose2d(8, 6, 3, 2), (2, 8, 8, 8)),
    ("conv1d", lambda: nn.Conv1d(16, 24, 3, padding=1), (2, 16, 32)),
    ("max pooling", lambda: nn.MaxPool3d(2), _CLIP),
    ("average pooling", lambda: nn.AvgPool3d(3, 2, 1), _CLIP),
    ("adaptive pooling", lambda: nn.AdaptiveAvgPool3d((1, 3, 3)), _CLIP),
    ("interpolation", lambda: nn.Upsample(scale_factor=2, mode="trilinear"), _CLIP),
    ("attention", _Attention, (2, 16, 32)),
    ("batched product", _Product, (2, 16, 32)),
    ("linear", lambda: nn.Linear(64, 32), (8, 64)),
    ("LSTM", lambda: _Sequence(nn.LSTM(16, 24, batch_first=True)), (2, 8, 16)),
    ("GRU", lambda: _Sequence(nn.GRU(16, 24, batch_first=True)), (2, 8, 16)),
    ("batch norm", lambda: nn.BatchNorm3d(8), _CLIP),
    ("layer norm", lambda: nn.LayerNorm(32), (2, 16, 32)),
    ("group norm", lambda: nn.GroupNorm(4, 8), _CLIP),
    ("GELU", nn.GELU, (2, 16, 32)),
)
_KNOWN = {
    "conv3d": (0.02698934614, -0.01801484535),
    "conv3d pointwise": (0.02182140522, -0.007756662078),
    "conv3d in space": (0.01041270138, -0.01551043293),
    "conv3d in time": (-0.02276343203, -0.008687708358),
    "conv3d grouped": (0.0009275684679, -0.01882933212),
    "conv3d depthwise": (-0.004212985022, 0.01599356788),
    "conv3d strided": (0.04191069788, -0.002166316743),
    "conv3d dilated": (-0.001900912069, 0.02170152902),
    "conv3d transposed": (-0.0007449608172, 0.01840391172),
    "conv3d large": (-1.009282457e-05, 0.001422586968),
    "conv2d": (-0.01453816077, 0.03294674727),
    "conv2d depthwise": (-0.003313252145, 0.02162599113),
    "conv2d transposed": (-0.01348910442, -0.009601897343),
    "conv1d": (0.0002156800872, 0.02735335188),
    "max pooling": (0.1332311461, -0.003813899425),
    "average pooling": (-0.001015849415, -0.0009956094284),
    "adaptive pooling": (0.0002803374623, 0.000312332644),
    "interpolation": (-0.005432921537, -0.01214518882),
    "attention": (-0.00879011723, 0.04219384928),
    "batched product": (-0.01888225828, 0.008826234722),
    "linear": (-0.03721451023, -0.03273732276),
    "LSTM": (-9.93473766e-06, -0.01757731117),
    "GRU": (0.001243813539, -0.03751822461),
    "batch norm": (0.006598704017, 0.002367027892),
    "layer norm": (-0.02446674316, 0.0003011612998),
    "group norm": (0.007720900523, 0.002844874302),
    "GELU": (0.0002597476502, 0.02372884478),
}

KERNELS = tuple(Kernel(*layer, _KNOWN[layer[0]]) for layer in _LAYERS)
"""Every kind of layer that the networks of the catalogue are made of, and then some."""
