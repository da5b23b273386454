"""Layout of a network's input: dimensions, colours, and a transformer's tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch


def packing(layout: str, channels: str) -> Callable[[torch.Tensor], torch.Tensor] | None:
    """Return a map from RGB clips (N, 3, T, h, w) to a network's layout, or None if it is that.

    Parameters
    ----------
    layout : str
        "NCTHW" or "NTCHW".
    channels : str
        "rgb", "bgr", or "grey" for the first channel of clips whose three are alike.
    """
    if (layout, channels) == ("NCTHW", "rgb"):
        return None

    def pack(clips: torch.Tensor) -> torch.Tensor:
        ordered = clips.flip(1) if channels == "bgr" else clips
        ordered = ordered[:, :1] if channels == "grey" else ordered
        laid = ordered.transpose(1, 2) if layout == "NTCHW" else ordered
        return laid.contiguous()  # as a training's batches, which its network may view

    return pack


def grey_packing(pack: Callable[[torch.Tensor], Any] | None) -> Callable[[torch.Tensor], Any]:
    """Return a network's own packing for one channel: the first of clips whose three are alike."""
    return lambda clips: clips[:, :1] if pack is None else pack(clips[:, :1])


@dataclass(frozen=True, slots=True)
class TokenGrid:
    """Layout of a network's tokens over the clip.

    A module says it by an attribute ``token_grid``; class activation maps then work on layers
    whose output is tokens.

    Attributes
    ----------
    steps, height, width : int
        Tubelets along time, height and width of the clip.
    extra : int
        Tokens before those of the clip, such as one for the class.
    time_last : bool
        Whether time runs fastest in the order of the tokens, instead of slowest.
    """

    steps: int
    height: int
    width: int
    extra: int = 0
    time_last: bool = False

    def as_map(self, tokens: torch.Tensor, clips: int) -> torch.Tensor | None:
        """Lay out tokens as a map.

        Parameters
        ----------
        tokens : Tensor, (N, L, C), or (N t, L, C) where each step has tokens of its own
        clips : int
            Clips that they belong to, N.

        Returns
        -------
        Tensor, (N, C, t, h, w), or None
            None where it is not the tokens of these clips.
        """
        if tokens.dim() != 3:
            return None
        own, channels = tokens[:, self.extra :], tokens.shape[2]
        tubelets = (self.steps, self.height, self.width)
        places = self.height * self.width
        if own.shape[:2] == (clips * self.steps, places):
            return own.reshape(clips, *tubelets, channels).permute(0, 4, 1, 2, 3)
        if own.shape[:2] != (clips, self.steps * places):
            return None
        if self.time_last:
            laid = own.reshape(clips, self.height, self.width, self.steps, channels)
            return laid.permute(0, 4, 3, 1, 2)
        return own.reshape(clips, *tubelets, channels).permute(0, 4, 1, 2, 3)
