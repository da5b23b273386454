"""A model and a method for Motion Inspector: replace them by yours.

This module is imported when models or methods are listed, before a window is on screen, so
that everything slow, torch above all, is imported inside the functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.descriptions import MethodInfo, ModelInfo
from engine.plugins import MethodOptions, MethodPlugin, ModelPlugin, option
from engine.types import ModelSpec

if TYPE_CHECKING:
    from engine.plugins import Clip, ExplainedModel, MethodOutput, VideoModel

SPEC = ModelSpec(
    name="example_brightness",
    labels=("brighter", "darker"),
    frames=8,
    fps=15.0,
    stride=None,
    resize=64,
    crop=(64, 64),
    mean=(0.5, 0.5, 0.5),
    std=(0.5, 0.5, 0.5),
)


def load(weights: Any, labels: Any, device: str, report: Any, check: Any) -> VideoModel:
    """Build the network; yours reads ``weights``, a path or None, and moves to ``device``."""
    import torch
    from torch import nn

    from engine.plugins import VideoModel, move, resolve_device

    class Brightness(nn.Module):
        """Scores whether a clip becomes brighter or darker."""

        def forward(self, clip: torch.Tensor) -> torch.Tensor:
            change = (clip[:, :, -1] - clip[:, :, 0]).mean((1, 2, 3))
            return torch.stack([change, -change], 1)

    target = resolve_device(device)
    check()
    return VideoModel(SPEC, move(Brightness().eval(), target, SPEC.name), target)


@dataclass(frozen=True, slots=True)
class Options(MethodOptions):
    """What can be set; the text is what menus show."""

    power: float = option(1.0, "Power of the change.", low=0.1, high=4.0)


def explain(explained: ExplainedModel, clip: Clip, options: Options) -> MethodOutput:
    """Relevance (1, T, h, w) of a clip (1, 3, T, h, w): here how much each frame changes."""
    import torch

    from engine.plugins import MethodOutput

    with torch.no_grad():
        logits = explained.logits(clip.tensor.clone())
        change = clip.tensor.diff(dim=2, prepend=clip.tensor[:, :, :1]).abs()
    return MethodOutput(change.sum(1) ** options.power, logits, explained.scores(logits))


MODEL = ModelPlugin(
    ModelInfo(
        name="example_brightness",
        title="Example: brightness",
        summary="names whether a clip becomes brighter or darker; 8 frames of 64x64",
        bundled=False,
    ),
    load,
)

METHOD = MethodPlugin(
    MethodInfo(
        name="example_frame_change",
        title="Example: frame change",
        family="Examples",
        summary="How much each pixel changes from one frame to the next.",
        trust="Says nothing of the model: it only shows how a method is added.",
        cost="one forward pass",
        passes=1,
        conserves=False,
        source="none",
    ),
    explain,
    Options,
)
