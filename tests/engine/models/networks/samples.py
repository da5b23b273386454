"""Networks and clips for these tests: random weights, made the same everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engine.models.model import Clip, VideoModel
from engine.models.networks import NETWORKS
from engine.types import ModelSpec, Rect

CLASSES = 5

SIZES = {
    "c3d": (16, 112),
    "c3d_rgb": (16, 112),
    "c3d_bn": (16, 32),
    "slowfast_4x16_r50": (32, 64),
    "slowfast_8x8_r50": (32, 64),
    "slow_r50": (8, 64),
    "x3d_xs": (4, 64),
    "x3d_s": (13, 64),
    "ir_csn": (8, 32),
    "ip_csn": (8, 32),
    "csn_r101": (8, 32),
    "s3d_kinetics": (16, 32),
    "s3dg": (8, 32),
    "tsm_resnet50": (4, 32),
}
"""Frames and height of small clips, where (16, 64) will not do."""

NARROW: dict[str, dict[str, Any]] = {
    "c3d_bn": {"places": 4},
    "shufflenet3d": {"widths": (24, 200, 400, 800), "groups": 2},
    "shufflenetv2_3d": {"widths": (24, 32, 64, 128, 1024)},
    "mobilenet3d": {"widths": (8, 16, 32, 64, 128, 256)},
    "mobilenetv2_3d": {"widths": (6, 3, 4, 6, 12, 19, 32, 64, 1280)},
    "squeezenet3d": {"version": "1.0"},
    "ir_csn": {"layers": (1, 1, 1, 1)},
    "ip_csn": {"layers": (1, 1, 1, 1), "preserved": True},
    "csn_r101": {"layers": (1, 1, 1, 1)},
    "s3dg": {},
    "s3d_kinetics": {},
    "tsm_resnet50": {"layers": (2, 2, 2, 2), "is_basic": True},
}
"""Newer networks in a small size that their weights tell, where they have several sizes."""


def filled(module: nn.Module) -> nn.Module:
    """Fill a network with numbers that any program can make again, of the size of usual ones."""
    generator = np.random.default_rng(0)
    with torch.no_grad():
        for name, tensor in sorted(module.state_dict().items()):
            if tensor.is_floating_point():
                values = generator.random(tensor.shape, np.float32) * 2 - 1
                tensor.copy_(torch.from_numpy(np.asarray(values)) * _scale(tensor))
                if tensor.ndim == 1 and name.endswith(("weight", "running_var")):
                    tensor.add_(1)
    return module


def _scale(tensor: Tensor) -> float:
    """Of weights, such that what a ReLU leaves keeps its size; of the rest, a tenth."""
    return 0.1 if tensor.ndim == 1 else float((6 / tensor[0].numel()) ** 0.5)


def noise(frames: int, size: int, seed: int = 1) -> Tensor:
    """A clip (1, 3, T, h, w) of values in [-1, 1)."""
    generator = np.random.default_rng(seed)
    return torch.from_numpy(generator.random((1, 3, frames, size, size), np.float32) * 2 - 1)


def clip_for(spec: ModelSpec, frames: int, size: int, seed: int = 1) -> Clip:
    """A clip of random pixels as the network is given them."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1, 1) for values in (spec.mean, spec.std))
    low, high = spec.value_range

    def normalised(shares: Tensor) -> Tensor:
        return (shares * (high - low) + low - mean) / std

    ends = (torch.full((1, 3, 1, 1, 1), share) for share in (0.0, 1.0))
    tensor = normalised((noise(frames, size, seed) + 1) / 2)
    return Clip(tensor, *map(normalised, ends), Rect(0, 0, 1, 1), (size, size))


def warm_model(name: str) -> tuple[VideoModel, Clip]:
    """A network whose BatchNorm statistics fit its other weights, as in a trained one; a clip."""
    network, (frames, size) = NETWORKS[name], SIZES.get(name, (16, 64))
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        module = network.build(CLASSES, **NARROW.get(name, {})).train()
        kinds = (nn.BatchNorm2d, nn.BatchNorm3d)
        norms = [layer for layer in module.modules() if isinstance(layer, kinds)]
        for norm in norms:
            norm.momentum = None  # a plain average over the passes
        model = VideoModel(network.spec, module, torch.device("cpu"), network.pack)
        for seed in (2, 4) if norms else ():
            clips = [clip_for(network.spec, frames, size, seed + i).tensor for i in range(2)]
            module(*model.arguments(torch.cat(clips)))
    module.eval().requires_grad_(False)
    return model, clip_for(network.spec, frames, size)
