"""TSM: a ResNet for pictures in which a part of the channels moves to the frame before or after.

Under the names of its authors, those of MMAction2 translated. Depth, and which blocks shift, are
read from the weights; without a shift it is TSN, the average over frames.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torchvision.models.resnet import BasicBlock, ResNet
from torchvision.models.resnet import Bottleneck as PictureBottleneck

from engine.models.networks.network import START, Network, depths, kinetics_labels
from engine.models.weights.checkpoint import State
from engine.types import ModelSpec

_SHARE = 8
"""One channel of so many moves one way, another the other way."""


class TemporalShift(nn.Module):
    """A convolution before which channels of frames are moved in time.

    Parameters
    ----------
    net : nn.Module
        The convolution.

    Attributes
    ----------
    frames : int
        Of each clip, set with every forward of the network.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.frames = 1

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N * frames, C, H, W) to what the convolution makes of it."""
        clips = features.reshape(-1, self.frames, *features.shape[1:])
        moved = features.shape[1] // _SHARE
        earlier, later = clips[:, 1:, :moved], clips[:, :-1, moved : 2 * moved]
        shifted = [
            functional.pad(earlier, (0, 0, 0, 0, 0, 0, 0, 1)),
            functional.pad(later, (0, 0, 0, 0, 0, 0, 1, 0)),
            clips[:, :, 2 * moved :],
        ]
        out: torch.Tensor = self.net(torch.cat(shifted, 2).flatten(0, 1))
        return out


class TSM(nn.Module):
    """Scores clips of any number of frames and any size.

    Parameters
    ----------
    classes : int
        Number of logits.
    layers : sequence of four int
        Blocks of each layer.
    is_basic : bool
        Whether blocks have two convolutions, as in ResNet 18 and 34, in place of three.
    shifted : collection of str or None
        Blocks that shift, such as "layer1.0"; None shifts in all.
    """

    def __init__(
        self,
        classes: int,
        layers: Sequence[int] = (3, 4, 6, 3),
        is_basic: bool = False,
        shifted: Collection[str] | None = None,
    ) -> None:
        super().__init__()
        network: nn.Module = ResNet(BasicBlock if is_basic else PictureBottleneck, list(layers))
        features = network.get_submodule("fc")
        assert isinstance(features, nn.Linear)
        network.set_submodule("fc", nn.Identity())
        for layer, depth in enumerate(layers, 1):
            for block in (f"layer{layer}.{number}" for number in range(depth)):
                if shifted is None or block in shifted:
                    convolution = network.get_submodule(f"{block}.conv1")
                    network.set_submodule(f"{block}.conv1", TemporalShift(convolution))
        self.base_model = network
        self.new_fc = nn.Linear(features.in_features, classes)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes), averaged over frames."""
        for module in self.base_model.modules():
            if isinstance(module, TemporalShift):
                module.frames = clip.shape[2]
        pictures = clip.transpose(1, 2)
        scores = self.new_fc(self.base_model(pictures.flatten(0, 1)))
        logits: torch.Tensor = scores.unflatten(0, pictures.shape[:2]).mean(1)
        return logits


def _options(state: State) -> dict[str, Any]:
    layers = depths(state)
    if not layers:
        return {}
    end = ".conv1.net.weight"
    blocks = {
        ".".join(name.removesuffix(end).split(".")[-2:]) for name in state if name.endswith(end)
    }
    is_basic = not any(name.endswith(".conv3.weight") for name in state)
    return {"layers": layers, "is_basic": is_basic, "shifted": blocks}


_RENAMES = (
    (START + r"backbone\.conv1\.conv\.", "base_model.conv1."),
    (START + r"backbone\.conv1\.bn\.", "base_model.bn1."),
    (START + r"backbone\.(layer\d\.\d+\.conv\d)\.conv\.", r"base_model.\1."),
    (START + r"backbone\.(layer\d\.\d+)\.conv(\d)\.bn\.", r"base_model.\1.bn\2."),
    (START + r"backbone\.(layer\d\.\d+\.downsample)\.conv\.", r"base_model.\1.0."),
    (START + r"backbone\.(layer\d\.\d+\.downsample)\.bn\.", r"base_model.\1.1."),
    (START + r"cls_head\.fc_cls\.", "new_fc."),
)
"""From MMAction2's names."""

_SPEC = ModelSpec(
    name="tsm_resnet50",
    labels=kinetics_labels(),
    frames=8,
    fps=None,
    stride=8,
    resize=256,
    crop=(224, 224),
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    layer="base_model.layer4",
)

NETWORKS = {
    "tsm_resnet50": Network(
        _SPEC,
        "new_fc.weight",
        TSM,
        "Lin et al. 2019, arXiv 1811.08383; names of mit-han-lab/temporal-shift-module and "
        "open-mmlab/mmaction2",
        options=_options,
        renames=_RENAMES,
    )
}
"""Eight frames of 64 of the video, as its weights for Kinetics-400 were trained."""
