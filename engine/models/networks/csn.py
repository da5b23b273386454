"""CSN: ResNets whose 3x3x3 convolutions are depthwise, interaction-reduced or -preserved.

Under the names of VMZ, those of MMAction2 translated, and of PyTorchVideo. Depth and kind of
VMZ's are read from the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import nn
from torchvision.models.video.resnet import Bottleneck as VideoBottleneck
from torchvision.models.video.resnet import VideoResNet

from engine.models.networks.network import START, Network, depths, kinetics_labels, weight_called
from engine.models.networks.slowfast import Head
from engine.models.networks.stages import (
    ZOO,
    Bottleneck,
    ResBlock,
    ResStage,
    Stem,
    convolution,
    zoo_spec,
)
from engine.models.weights.checkpoint import State
from engine.types import ModelSpec

_DEPTHS_101, _DEPTHS_152 = (3, 4, 23, 3), (3, 8, 36, 3)


class Depthwise(nn.Conv3d):
    """A depthwise 3x3x3 convolution: channels do not interact (ir)."""

    def __init__(self, before: int, after: int, _: int, stride: int = 1, padding: int = 1) -> None:
        super().__init__(before, after, 3, stride, padding, groups=before, bias=False)

    @staticmethod
    def get_downsample_stride(stride: int) -> tuple[int, int, int]:
        """Return the stride of a shortcut beside it."""
        return stride, stride, stride


class PreservedDepthwise(nn.Sequential):
    """A full 1x1x1 convolution and BatchNorm before the depthwise one (ip)."""

    def __init__(
        self, before: int, after: int, inner: int, stride: int = 1, padding: int = 1
    ) -> None:
        super().__init__(
            nn.Conv3d(before, after, 1, bias=False),
            nn.BatchNorm3d(after),
            Depthwise(after, after, inner, stride, padding),
        )

    get_downsample_stride = staticmethod(Depthwise.get_downsample_stride)


class PooledStem(nn.Sequential):
    """First convolution, BatchNorm, ReLU, and max pooling over space."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv3d(3, 64, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False),
            nn.BatchNorm3d(64),
            nn.ReLU(),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
        )


def csn(classes: int, *, layers: Sequence[int] = _DEPTHS_152, preserved: bool = False) -> nn.Module:
    """Build a CSN with VMZ's names.

    Parameters
    ----------
    classes : int
        Number of logits.
    layers : sequence of four int
        Blocks of each layer.
    preserved : bool
        Whether interactions are preserved (ip) in place of reduced (ir).
    """
    convolutions = [PreservedDepthwise if preserved else Depthwise] * 4
    network: nn.Module = VideoResNet(
        VideoBottleneck, convolutions, list(layers), PooledStem, num_classes=classes
    )
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.eps = 1e-3
    return network


class ZooCSN(nn.Module):
    """The interaction-reduced CSN of PyTorchVideo, which scores clips of any size."""

    def __init__(self, classes: int, layers: Sequence[int] = _DEPTHS_101) -> None:
        super().__init__()
        stem = Stem(convolution(3, 64, (3, 7, 7), 2), 64, pool=True)
        stages, before = [], 64
        for stage, depth in enumerate(layers):
            stages.append(_stage(before, 256 * 2**stage, depth, first=stage == 0))
            before = 256 * 2**stage
        self.blocks = nn.Sequential(stem, *stages, Head(before, classes))

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        logits: torch.Tensor = self.blocks(clip)
        return logits


def _stage(before: int, after: int, depth: int, first: bool) -> ResStage:
    inner, blocks = after // 4, []
    for block in range(depth):
        stride = 1 if block or first else (2, 2, 2)
        channels = (before, inner, after)
        branch = Bottleneck(channels, (1, 1, 1), (3, 3, 3), stride, groups=inner)
        blocks.append(ResBlock(before, after, stride, branch))
        before = after
    return ResStage(blocks)


def _options(state: State) -> dict[str, Any]:
    layers = depths(state)
    preserved = weight_called(state, "layer1.0.conv2.0.2.weight") is not None
    return {"layers": layers, "preserved": preserved} if layers else {}


_RENAMES = (
    (START + r"backbone\.conv1\.conv\.", "stem.0."),
    (START + r"backbone\.conv1\.bn\.", "stem.1."),
    (START + r"backbone\.(layer\d\.\d+\.conv2)\.1\.conv\.", r"\1.0.2."),  # a pair
    (START + r"backbone\.(layer\d\.\d+\.conv2)\.1\.bn\.", r"\1.1."),
    (START + r"backbone\.(layer\d\.\d+\.conv[13])\.conv\.", r"\1.0."),
    (START + r"backbone\.(layer\d\.\d+\.conv[13])\.bn\.", r"\1.1."),
    (START + r"backbone\.(layer\d\.\d+\.downsample)\.conv\.", r"\1.0."),
    (START + r"backbone\.(layer\d\.\d+\.downsample)\.bn\.", r"\1.1."),
    (START + r"cls_head\.fc_cls\.", "fc."),
)
"""MMAction2's names but those of conv2.0, which is one of two things."""
_REDUCED = (
    (START + r"backbone\.(layer\d\.\d+\.conv2)\.0\.conv\.", r"\1.0."),
    (START + r"backbone\.(layer\d\.\d+\.conv2)\.0\.bn\.", r"\1.1."),
)
_PRESERVED = (
    (START + r"backbone\.(layer\d\.\d+\.conv2)\.0\.conv\.", r"\1.0.0."),
    (START + r"backbone\.(layer\d\.\d+\.conv2)\.0\.bn\.", r"\1.0.1."),
)


def _spec(name: str) -> ModelSpec:
    return ModelSpec(
        name=name,
        labels=kinetics_labels(),
        frames=32,
        fps=None,
        stride=2,
        resize=256,
        crop=(224, 224),
        mean=(0.43216, 0.394666, 0.37645),
        std=(0.22803, 0.22145, 0.216989),
        layer="layer4",
    )


_PAPER = "Tran et al. 2019, arXiv 1904.02811; names of"
_SOURCE = f"{_PAPER} facebookresearch/VMZ and open-mmlab/mmaction2"

NETWORKS = {
    "ir_csn": Network(
        _spec("ir_csn"), "fc.weight", csn, _SOURCE, options=_options, renames=_RENAMES + _REDUCED
    ),
    "ip_csn": Network(
        _spec("ip_csn"),
        "fc.weight",
        partial(csn, preserved=True),
        _SOURCE,
        options=_options,
        renames=_RENAMES + _PRESERVED,
    ),
    "csn_r101": Network(
        zoo_spec("csn_r101", 32, 15.0, 256, "blocks.4"),
        "blocks.5.proj.weight",
        ZooCSN,
        f"{_PAPER} {ZOO}",
    ),
}
"""With 152 layers where the weights do not say; and PyTorchVideo's."""
