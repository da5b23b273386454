"""The networks that are trained on Motion Figures, and their files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
import torchvision
from safetensors.torch import load_file, save_file
from torch import nn

from engine.models import VideoModel
from engine.models.loaders.sources import find_network
from engine.models.networks.figures import FIGURES_LABELS, FiguresNet


def figures() -> FiguresNet:
    """Build the bundled architecture, with first filters that watch change."""
    network = FiguresNet()
    watch_change(network.get_parameter("features.0.conv.weight"))
    return network


class FullPrecision(nn.Sequential):
    """Layers that mixed precision leaves out.

    In bfloat16 on CPUs, the gradient of layers of 512 channels and few pixels came out with
    NaN now and then (torch 2.15).
    """

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map as the wrapped layers, in float32."""
        with torch.autocast("cpu", enabled=False):
            result: torch.Tensor = super().forward(features.float())  # type: ignore[no-untyped-call]
        return result


def r3d_18() -> nn.Module:
    """Build ResNet 3D of 18 layers (Tran et al. 2018, arXiv 1711.11248), eight classes."""
    network: nn.Module = torchvision.models.video.r3d_18(num_classes=len(FIGURES_LABELS))
    watch_change(network.get_parameter("stem.0.weight"))
    network.layer4 = FullPrecision(*network.get_submodule("layer4").children())
    return network


def r2plus1d_18() -> nn.Module:
    """Build ResNet (2+1)D of 18 layers (the same paper), eight classes."""
    network: nn.Module = torchvision.models.video.r2plus1d_18(num_classes=len(FIGURES_LABELS))
    watch_change(network.get_parameter("stem.3.weight"))
    network.layer4 = FullPrecision(*network.get_submodule("layer4").children())
    return network


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "figures": figures,
    "r3d_18": r3d_18,
    "r2plus1d_18": r2plus1d_18,
}
"""What makes each network, untrained."""


def watch_change(weight: nn.Parameter) -> None:
    """Start three quarters of some filters (O, I, 3, h, w) as differences over time, in place.

    Backgrounds stand out more than limbs do; this start lets a network see what moves from
    the first step on. Without it, some runs stay at chance.
    """
    values = weight.data
    differing = 3 * len(values) // 4
    slope = torch.tensor([-1.5, 0.0, 1.5])[:, None, None]
    values[:differing] = values[:differing].mean(dim=2, keepdim=True) * slope


def save_weights(network: nn.Module, path: Path) -> None:
    """Save weights in half precision, in one step for readers."""
    halved = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in network.state_dict().items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    save_file(halved, unfinished)
    unfinished.replace(path)


def load_network(name: str, path: Path) -> nn.Module:
    """Load the network of that name with the weights of a file, in evaluation mode."""
    network = NETWORKS[name]()
    weights = load_file(path)
    network.load_state_dict({key: value.float() for key, value in weights.items()})
    return network.eval()


def as_model(name: str, network: nn.Module) -> VideoModel:
    """Wrap a trained network as the program explains it: 112 pixels, eight activities.

    Parameters
    ----------
    name : str
        One of `NETWORKS`.
    network : Module
        In evaluation mode; its parameters lose their gradients.
    """
    layer = "features" if name == "figures" else "layer4"
    spec = replace(find_network("figures").spec, name=name, layer=layer)
    return VideoModel(spec, network.requires_grad_(False), torch.device("cpu"))
