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
    by_input : Tensor or None, (N, I, T, h, w)
        The part of each declared input, where the method traces relevance to them.
    positions : Tensor or None, (N,)
        What of the relevance's sum came with position embeddings; None where there are none.
    """

    relevance: Tensor
    logits: Tensor
    explained: Tensor
    native: Tensor | None = None
    steps: int | None = None
    by_input: Tensor | None = None
    positions: Tensor | None = None

    @classmethod
    def of_parts(
        cls, parts: Tensor, logits: Tensor, explained: Tensor, positions: Tensor | None = None
    ) -> MethodOutput:
        """Return the output for relevance by input, (N, I, T, h, w)."""
        several = parts if parts.shape[1] > 1 else None
        return cls(parts.sum(1), logits, explained, by_input=several, positions=positions)
