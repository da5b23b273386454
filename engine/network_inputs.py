"""Inputs of a network that takes several: what each is made of. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

InputKind = Literal["rgb", "bgr", "grey", "flow", "difference"]
InputLayout = Literal["NCTHW", "NTCHW", "NCHW"]
PassAs = Literal["positions", "list", "dict", "keywords"]
LastStep = Literal["repeat", "drop"]
FlowEstimator = Literal["dis", "dis-fine", "farneback", "tv-l1"]

CHANNELS: dict[InputKind, int] = {"rgb": 3, "bgr": 3, "grey": 1, "flow": 2, "difference": 3}
"""Channels that an input of each kind has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInput:
    """One of the inputs of a network, as it is made of the frames of a clip.

    Attributes
    ----------
    name : str
        Its name, for people and as a key or keyword of the network.
    kind : str
        "rgb", "bgr", "grey" (luma), "flow" (optical flow, x and y) or "difference" (of colours).
        Flow and difference of a frame are those to the next frame of the clip.
    stride : int
        Every how many frames of the clip it has one, from the first on.
    frames : int or None
        In place of a stride: how many frames, evenly from the first of the clip to its last.
    layout : str
        "NCTHW", "NTCHW", or "NCHW" where the frames' channels lie one after the other.
    value_range : (float, float)
        What black and white become, for a flow what ``-bound`` and ``bound`` become. A
        difference is one of such values.
    mean, std : tuple of float
        One a channel, subtracted and divided after that.
    bound : float
        Where a flow is cut off, in pixels of the network's input per frame of the clip.
    flow : str
        Its estimator, of `engine.motion.FLOWS`.
    last : str
        Flow or difference of the last frame, which none follows: "repeat" that of the frame
        before, or "drop" it, so that there is one frame less.
    """

    name: str
    kind: InputKind
    stride: int = 1
    frames: int | None = None
    layout: InputLayout = "NCTHW"
    value_range: tuple[float, float]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    bound: float = 20.0
    flow: FlowEstimator = "dis"
    last: LastStep = "repeat"

    @property
    def channels(self) -> int:
        """Channels that it has in a frame."""
        return CHANNELS[self.kind]

    @property
    def is_between(self) -> bool:
        """True for what lies between two frames."""
        return self.kind in ("flow", "difference")


@dataclass(frozen=True, slots=True)
class InputRelevance:
    """What one input of a network got of a clip's relevance.

    Attributes
    ----------
    name : str
        The input's.
    sum : float
        Sum of its relevance: with a method that conserves, its part of the score.
    size : float
        Sum without the signs, >= 0.
    """

    name: str
    sum: float
    size: float


def mean_over_windows(windows: Sequence[tuple[InputRelevance, ...]]) -> tuple[InputRelevance, ...]:
    """Return the means over windows, none where an analysis has no inputs told apart."""
    told = [parts for parts in windows if parts]
    return tuple(
        InputRelevance(
            of_one[0].name,
            sum(part.sum for part in of_one) / len(told),
            sum(part.size for part in of_one) / len(told),
        )
        for of_one in zip(*told, strict=True)
    )


def inputs_text(parts: Sequence[InputRelevance]) -> str:
    """Return what each input got, for people, in sum and in size, or an empty text."""
    whole = sum(part.size for part in parts)
    if not whole:
        return ""
    listed = [f"{part.name} {part.sum:.3g} ({part.size / whole:.0%} in size)" for part in parts]
    return f"Relevance by input, mean of the windows: {', '.join(listed)}."
