"""torchvision's video networks: input, labels and weights as its own metadata tell them.

Apart from the other sources because everything here (labels, resize, crop, mean, std, rate,
address and checksum of the weights) is read from that metadata; nothing is retyped.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
from torch import nn
from torchvision.models import WeightsEnum, get_model, get_model_weights

from engine.cancel import Check
from engine.errors import ModelError
from engine.models.weights.checkpoint import State, read_weights
from engine.models.weights.download import Download, fetch
from engine.types import ModelSpec, Report

HEADS = {
    **dict.fromkeys(("r3d_18", "mc3_18", "r2plus1d_18"), "fc.weight"),
    "s3d": "classifier.1.weight",
    **dict.fromkeys(("mvit_v1_b", "mvit_v2_s"), "head.1.weight"),
    **dict.fromkeys(("swin3d_t", "swin3d_s", "swin3d_b"), "head.weight"),
}
"""Names, and the weight whose first dimension is the number of classes."""

_LAYERS = {"r3d_18": "layer4", "mc3_18": "layer4", "r2plus1d_18": "layer4", "s3d": "features"}
"""The last layer with space: where class activation maps are made. The transformers keep
tokens or put channels last, and name none."""

_CLIP_FRAMES = {"s3d": 64}
"""Frames a clip where we leave the metadata. torchvision scores s3d on 128 frames, 8.5 s of
video: more than many clips have, and 5 GB of memory for one gradient. The network averages
its logits over time and takes any length; its paper (arXiv 1712.04851) trains it on 64."""


def build_network(name: str, classes: int) -> nn.Module:
    """Build a network with random weights."""
    network: nn.Module = get_model(name, weights=None, num_classes=classes)
    return network


def download_weights(name: str, report: Report, check: Check) -> State:
    """Load the weights of a network, downloaded first if they are missing.

    Raises
    ------
    ModelError
        If they cannot be had.
    """
    folder = Path(torch.hub.get_dir()) / "checkpoints"  # where torchvision looks, too
    weights = get_model_weights(name).DEFAULT
    size_bytes = round(weights.meta["_file_size"] * 2**20)
    download = Download(weights.url, folder, f"{name} weights", size_bytes)
    return read_weights(fetch(download, report, check)).state


def spec_of(name: str) -> ModelSpec:
    """Translate the metadata of torchvision's weights."""
    weights = get_model_weights(name).DEFAULT
    preset = weights.transforms()
    resize = preset.resize_size
    return ModelSpec(
        name=name,
        labels=tuple(weights.meta["categories"]),
        frames=_CLIP_FRAMES.get(name, int(_evaluated_with(weights, "clip_len"))),
        fps=_evaluated_with(weights, "frame_rate"),
        stride=None,
        resize=resize[0] if len(resize) == 1 else (resize[0], resize[1]),
        crop=(preset.crop_size[0], preset.crop_size[1]),
        mean=tuple(preset.mean),
        std=tuple(preset.std),
        layer=_LAYERS.get(name, ""),
    )


def _evaluated_with(weights: WeightsEnum, setting: str) -> float:
    """Read a setting of torchvision's evaluation from the prose of the metadata."""
    match = re.search(rf"`{setting}=([\d.]+)`", weights.meta["_docs"])
    if match is None:
        raise ModelError(
            f"torchvision's metadata of {weights} does not tell its {setting}.",
            "Install a version of torchvision that this program was tested with.",
        )
    return float(match.group(1))
