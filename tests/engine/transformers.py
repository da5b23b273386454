"""Tiny transformers with random weights, of the shapes that people use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torchvision.models import get_model
from torchvision.models.video.mvit import MSBlockConfig, MViT

from engine.models.loaders.hub_transformers import load_transformer
from engine.models.model import VideoModel
from engine.types import ModelSpec

HUB = ("videomae", "timesformer", "vivit", "vjepa2")
TORCHVISION = ("mvit_v1", "mvit_v2", "swin3d_t")
KINDS = HUB + TORCHVISION
FRAMES, SIZE = 4, 32
_USUAL = {"num_labels": 5, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
_PICTURES = {**_USUAL, "image_size": SIZE, "num_frames": FRAMES, "intermediate_size": 64}


def save_checkpoint(kind: str, folder: Path) -> Path:
    """Save a network of the transformers library with its processor, as its users do."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network, processor = _built(kind)
        spread_out(network)
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def transformer(kind: str, folder: Path) -> VideoModel:
    """A network of either library, ready to be explained."""
    if kind in HUB:
        return load_transformer(save_checkpoint(kind, folder), device="cpu")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = spread_out(_TORCHVISION[kind]()).eval().requires_grad_(False)
    labels = tuple(f"class {index}" for index in range(5))
    half = (0.5, 0.5, 0.5)
    spec = ModelSpec(kind, labels, FRAMES, None, 1, SIZE, (SIZE, SIZE), half, half)
    return VideoModel(spec, network, torch.device("cpu"))


def spread_out(network: nn.Module) -> nn.Module:
    """Weights at which no layer is silent; biases, gains and tokens that differ from rest."""
    with torch.no_grad():
        for name, part in network.named_parameters():
            learned = any(word in name for word in ("token", "pos", "embeddings", "relative"))
            if part.dim() == 1 or (learned and "projection" not in name):
                part.add_(0.2 * torch.randn_like(part))
            else:
                part.copy_(torch.randn_like(part) / part[0].numel() ** 0.5)
    return network


def without_biases(network: nn.Module) -> nn.Module:
    """Take from a network what takes relevance away from the pixels: biases, and learned tokens."""
    with torch.no_grad():
        for name, part in network.named_parameters():
            if name.endswith("bias") or "token" in name or "class_pos" in name:
                part.zero_()
            if name.endswith("embeddings.position_embeddings"):
                part[:, :1].zero_()  # the place of the class token
    return network


def _built(kind: str) -> tuple[Any, Any]:
    library = pytest.importorskip("transformers")
    size = {"size": {"shortest_edge": 36}, "crop_size": {"height": SIZE, "width": SIZE}}
    if kind == "videomae":
        config = library.VideoMAEConfig(**_PICTURES, patch_size=8)
        mean = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
        processor = library.VideoMAEImageProcessor(**size, **mean)
        return library.VideoMAEForVideoClassification(config), processor
    if kind == "timesformer":
        config = library.TimesformerConfig(**_PICTURES, patch_size=8)
        processor = library.VideoMAEImageProcessor(**size)
        return library.TimesformerForVideoClassification(config), processor
    if kind == "vivit":
        config = library.VivitConfig(**_PICTURES, tubelet_size=[2, 8, 8])
        return library.VivitForVideoClassification(config), library.VivitImageProcessor(**size)
    config = library.VJEPA2Config(
        **_USUAL,
        crop_size=SIZE,
        frames_per_clip=FRAMES,
        patch_size=8,
        tubelet_size=2,
        num_pooler_layers=1,
        pred_hidden_size=32,
        pred_num_attention_heads=4,
        pred_num_hidden_layers=1,
    )
    processor = library.VJEPA2VideoProcessor(crop_size=SIZE)
    return library.VJEPA2ForVideoClassification(config), processor


def _mvit(first: MSBlockConfig, *, second: bool) -> MViT:
    """MViT with the switches of version 1 or 2: the library's own are of one size, a large one."""
    last = MSBlockConfig(2, first.output_channels, 32, [3] * 3, [3] * 3, [1, 2, 2], [1] * 3)
    return MViT(
        (SIZE, SIZE),
        FRAMES,
        [first, last],
        residual_pool=second,
        residual_with_cls_embed=not second,
        rel_pos_embed=second,
        proj_after_attn=second,
        num_classes=5,
    )


_TORCHVISION: dict[str, Callable[[], nn.Module]] = {
    "mvit_v1": lambda: _mvit(MSBlockConfig(1, 16, 32, [], [3] * 3, [], [1, 2, 2]), second=False),
    "mvit_v2": lambda: _mvit(
        MSBlockConfig(1, 16, 16, [3] * 3, [3] * 3, [1] * 3, [1, 2, 2]), second=True
    ),
    "swin3d_t": lambda: get_model("swin3d_t", num_classes=5),
}
