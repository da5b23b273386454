"""SlowFast networks and their slow pathway alone, ResNet 50, under PyTorchVideo's names."""

from __future__ import annotations

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from engine.models.networks.network import Network, Triple, averaged
from engine.models.networks.stages import (
    ZOO,
    Bottleneck,
    ResBlock,
    ResStage,
    Stem,
    convolution,
    zoo_spec,
)

_DEPTHS = (3, 4, 6, 3)
_SLOW_KERNELS = (1, 1, 3, 3)
"""Frames that the first convolution of a block spans, in each stage of the slow pathway."""
_FAST_KERNELS = (3, 3, 3, 3)
_BETA = 8
"""The fast pathway has an eighth of the slow one's channels."""


class Slow(nn.Module):
    """The slow pathway by itself."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        stages = [_stage(64 if not i else 128 * 2**i, i, _SLOW_KERNELS[i], 1) for i in range(4)]
        self.blocks = nn.Sequential(_stem(64, 1), *stages, Head(2048, classes))

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        logits: torch.Tensor = self.blocks(clip)
        return logits


class SlowFast(nn.Module):
    """Two pathways over the same clip: few frames with many channels, many with few.

    Parameters
    ----------
    classes : int
        Number of logits.
    alpha : int
        Frames of the fast pathway for each one of the slow pathway.
    fusion_frames : int
        Frames that the convolutions from the fast to the slow pathway span.
    """

    def __init__(self, classes: int, *, alpha: int, fusion_frames: int) -> None:
        super().__init__()
        fuse = partial(Fusion, frames=fusion_frames, alpha=alpha)
        blocks: list[nn.Module] = [Pathways(_stem(64, 1), _stem(64 // _BETA, 5), fuse(64))]
        for i in range(4):
            before, after = 64 if not i else 128 * 2**i, 256 * 2**i
            slow = _stage(before + 2 * before // _BETA, i, _SLOW_KERNELS[i], 1)
            fast = _stage(before // _BETA, i, _FAST_KERNELS[i], _BETA)
            blocks.append(Pathways(slow, fast, fuse(after) if i < 3 else None))
        # the place of the pooling, which has no weights
        self.blocks = nn.ModuleList([*blocks, nn.Identity(), Head(2048 + 2048 // _BETA, classes)])

    def forward(self, pathways: list[torch.Tensor]) -> torch.Tensor:
        """Map clips [(N, 3, T / alpha, H, W), (N, 3, T, H, W)] to logits (N, classes)."""
        slow, fast = pathways
        for block in self.blocks[:5]:
            slow, fast = block(slow, fast)
        window = (slow.shape[2], 7, 7)
        both = torch.cat((averaged(slow, window), averaged(fast, (fast.shape[2], 7, 7))), 1)
        logits: torch.Tensor = self.blocks[6](both[:, :, None, None, None])
        return logits


class Pathways(nn.Module):
    """One stage of both pathways, and the fusion of fast features into the slow one."""

    def __init__(self, slow: nn.Module, fast: nn.Module, fusion: nn.Module | None) -> None:
        super().__init__()
        self.multipathway_blocks = nn.ModuleList((slow, fast))
        self.multipathway_fusion = fusion

    def forward(self, slow: torch.Tensor, fast: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map slow and fast features (N, C, T, H, W) to those after the stage."""
        slow, fast = self.multipathway_blocks[0](slow), self.multipathway_blocks[1](fast)
        if self.multipathway_fusion is None:
            return slow, fast
        return torch.cat((slow, self.multipathway_fusion(fast)), 1), fast


class Fusion(nn.Module):
    """Convolution over time that brings features of the fast pathway to the slow one's frames.

    Parameters
    ----------
    channels : int
        Those of the slow pathway there.
    frames : int
        Odd extent in time.
    alpha : int
        Stride in time.
    """

    def __init__(self, channels: int, frames: int, alpha: int) -> None:
        super().__init__()
        fast = channels // _BETA
        self.conv_fast_to_slow = nn.Conv3d(
            fast, 2 * fast, (frames, 1, 1), (alpha, 1, 1), (frames // 2, 0, 0), bias=False
        )
        self.norm = nn.BatchNorm3d(2 * fast)

    def forward(self, fast: torch.Tensor) -> torch.Tensor:
        """Map (N, C, T, H, W) to (N, 2 C, T / alpha, H, W)."""
        return functional.relu(self.norm(self.conv_fast_to_slow(fast)))


class Head(nn.Module):
    """Average over all frames and every 7x7 places, and the classifier."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.proj = nn.Linear(channels, classes)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, channels, T, H, W) to logits (N, classes)."""
        logits: torch.Tensor = self.proj(averaged(features, (features.shape[2], 7, 7)))
        return logits


def pack(clips: torch.Tensor, alpha: int) -> list[torch.Tensor]:
    """Make the two pathways' inputs of clips.

    Parameters
    ----------
    clips : tensor, (N, 3, T, h, w)
    alpha : int
        Every how many frames the slow pathway takes one; its first and last are the clip's.

    Returns
    -------
    list of two tensors
        Slow (N, 3, T // alpha, h, w) and fast, which is all of the clip.
    """
    frames = clips.shape[2]
    # In float32 and cut off, as PyTorchVideo picks them: 0, 4, 8, 13, 17, 22, 26, 31 of 32.
    picked = torch.linspace(0, frames - 1, frames // alpha).long()
    return [clips.index_select(2, picked.to(clips.device)), clips]


def _stem(channels: int, frames: int) -> Stem:
    return Stem(convolution(3, channels, (frames, 7, 7), 2), channels, pool=True)


def _stage(before: int, stage: int, frames: int, share: int) -> ResStage:
    """Build one stage with the frames of its first convolutions and its share of channels."""
    inner, after = 64 * 2**stage // share, 256 * 2**stage // share
    blocks = []
    for block in range(_DEPTHS[stage]):
        stride = 2 if stage and not block else 1
        kernel_a: Triple = (frames, 1, 1)
        branch = Bottleneck((before, inner, after), kernel_a, (1, 3, 3), stride)
        blocks.append(ResBlock(before, after, stride, branch))
        before = after
    return ResStage(blocks)


_SOURCE = f"Feichtenhofer et al. 2019, arXiv 1812.03982; names of {ZOO}"
_SLOW_LAST = "blocks.4.multipathway_blocks.0"

# Rates: every 2nd, 8th frame of videos at 30 frames/s.
NETWORKS = {
    "slowfast_4x16_r50": Network(
        zoo_spec("slowfast_4x16_r50", 32, 15.0, 256, _SLOW_LAST),
        "blocks.6.proj.weight",
        partial(SlowFast, alpha=8, fusion_frames=5),
        _SOURCE,
        partial(pack, alpha=8),
    ),
    "slowfast_8x8_r50": Network(
        zoo_spec("slowfast_8x8_r50", 32, 15.0, 256, _SLOW_LAST),
        "blocks.6.proj.weight",
        partial(SlowFast, alpha=4, fusion_frames=7),
        _SOURCE,
        partial(pack, alpha=4),
    ),
    "slow_r50": Network(
        zoo_spec("slow_r50", 8, 3.75, 256, "blocks.4"), "blocks.5.proj.weight", Slow, _SOURCE
    ),
}
