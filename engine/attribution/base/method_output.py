"""The output of a method for a batch of clips, before it becomes `Attribution`s."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class MethodOutput:
    """Relevance of a batch of clips.

    Attributes
    ----------
    relevance : Tensor, (N, T, h, w)
        Signed relevance of each pixel, colour channels summed.
    logits : Tensor, (N, K)
        The model's outputs.
    explained : Tensor, (N,)
        What the relevance should sum to: the score, or its difference to a baseline's.
    native : Tensor or None, (N, t, h', w')
        The map before it was scaled up, where the method works at a coarser resolution.
    steps : int or None
        Time steps that the relevance really has, where they are fewer than frames.
    """

    relevance: Tensor
    logits: Tensor
    explained: Tensor
    native: Tensor | None = None
    steps: int | None = None
