"""One call of a network as everything that explains it makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from engine.attribution.base.differentiable import DifferentiableMode
from engine.attribution.base.dropout import DropoutHeld
from engine.attribution.base.outputs import ActivationWatch
from engine.models.model import VideoModel


@dataclass(frozen=True, slots=True, eq=False)
class Called:
    """What came of a call.

    Attributes
    ----------
    output : Any
        As the network returned it, with what went into a final softmax or sigmoid noted on it.
    had_dropout : bool
        Whether dropout was on and was held off.
    is_cut : bool
        As `DifferentiableMode.is_cut`.
    """

    output: Any
    had_dropout: bool
    is_cut: bool


def called(model: VideoModel, planes: Tensor, *, keeps_gradients: bool = False) -> Called:
    """Call a model's network in evaluation mode, as `VideoModel.output`, with its own errors.

    ``keeps_gradients`` is that of `DifferentiableMode`.
    """
    closed = model.module if model.closed else None
    mode = DifferentiableMode(closed=closed, keeps_gradients=keeps_gradients)
    with DropoutHeld() as held, ActivationWatch(), mode:
        output = model.output(planes)
    return Called(output, held.met, mode.is_cut)
