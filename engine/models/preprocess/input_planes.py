"""What several inputs of a network are made of: planes, frame by frame, of a clip.

Every declared input has planes of its own for every frame, so relevance of an input stands on the
frames that it comes from. They are made anew of the frames whenever these are changed, held still
or put in another order, so that a clip that stands still has no flow.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.models.preprocess.colours import luma
from engine.motion import flow_between
from engine.network_inputs import NetworkInput, PassAs
from engine.types import Float32Array, UInt8Array

Bounds = tuple[Tensor, Tensor]


class Keywords(dict[str, Tensor]):
    """Arguments that a network takes by their names."""


def planes_of(inputs: tuple[NetworkInput, ...], clips: Tensor, bounds: Bounds) -> Tensor:
    """Return the planes of inputs, one after the other, without history.

    Parameters
    ----------
    inputs : tuple of NetworkInput
    clips : Tensor, (N, 3, T, h, w)
        As `VideoModel.preprocess` makes them.
    bounds : (Tensor, Tensor)
        What black and white are in them, (1, 3, 1, 1, 1).

    Returns
    -------
    Tensor, (N, C, T, h, w)
        C is the sum of the inputs' channels. Flow and difference of the last frame are
        those of the frame before.
    """
    low, high = (bound.to(clips) for bound in bounds)
    with torch.no_grad():
        light = ((clips - low) / (high - low)).clamp(0, 1)
        return torch.cat([_normalised(one, _MAKERS[one.kind](one, light)) for one in inputs], 1)


def plane_bounds(inputs: tuple[NetworkInput, ...], like: Tensor) -> Bounds:
    """Return the lowest and the highest that planes can be, each (1, C, 1, 1, 1).

    Nan for flow and difference: what stands still is zero there and takes no relevance, which a
    share by the distance from bounds would give it.
    """

    def end(one: NetworkInput, unit: float) -> Tensor:
        plain = torch.full((1, one.channels, 1, 1, 1), torch.nan if one.is_between else unit)
        return _normalised(one, plain)

    low, high = (torch.cat([end(one, unit) for one in inputs], 1).to(like) for unit in (0.0, 1.0))
    return low, high


def given_as(inputs: tuple[NetworkInput, ...], pass_as: PassAs, planes: Tensor) -> tuple[Any, ...]:
    """Return the arguments of a network from planes (N, C, T, h, w), which may have history."""
    parts = torch.split(planes, [one.channels for one in inputs], 1)
    laid = [_laid(one, part) for one, part in zip(inputs, parts, strict=True)]
    if pass_as == "positions":
        return tuple(laid)
    if pass_as == "list":
        return (laid,)
    named = {one.name: part for one, part in zip(inputs, laid, strict=True)}
    return (Keywords(named) if pass_as == "keywords" else named,)


def by_input(inputs: tuple[NetworkInput, ...], values: Tensor) -> Tensor:
    """Return planes (N, C, T, h, w) summed over the channels of each input, (N, I, T, h, w)."""
    parts = torch.split(values, [one.channels for one in inputs], 1)
    return torch.cat([part.sum(1, keepdim=True) for part in parts], 1)


def _normalised(one: NetworkInput, unit: Tensor) -> Tensor:
    """Scale what lies between 0 and 1, or -1 and 1 for a difference, to an input's values."""
    low, high = one.value_range
    shape = (1, -1, 1, 1, 1)
    mean, std = (unit.new_tensor(values).view(shape) for values in (one.mean, one.std))
    start = 0.0 if one.kind == "difference" else low
    return (unit * (high - low) + start - mean) / std


def _laid(one: NetworkInput, planes: Tensor) -> Tensor:
    """Choose an input's frames of its planes, and bring their dimensions in its order."""
    count = planes.shape[2] - (one.last == "drop")
    if one.frames is not None:
        # In float32 and cut off, as PyTorchVideo picks them: 0, 4, 8, 13, 17, 22, 26, 31 of 32.
        chosen = torch.linspace(0, count - 1, one.frames).long().tolist()
    else:
        chosen = list(range(0, count, one.stride))
    taken = planes if chosen == list(range(planes.shape[2])) else planes[:, :, chosen]
    swapped = taken if one.layout == "NCTHW" else taken.transpose(1, 2)
    laid = swapped.flatten(1, 2) if one.layout == "NCHW" else swapped
    return laid.contiguous()  # as a training's batches, which its network may view


def _bytes(light: Tensor) -> Tensor:
    return (light * 255).round().to(torch.uint8)


def _colours(one: NetworkInput, light: Tensor) -> Tensor:
    return light.flip(1) if one.kind == "bgr" else light


def _grey(_one: NetworkInput, light: Tensor) -> Tensor:
    return luma(_bytes(light).transpose(1, 2)).transpose(1, 2).to(light) / 255


def _differences(_one: NetworkInput, light: Tensor) -> Tensor:
    steps = light[:, :, 1:] - light[:, :, :-1]
    return torch.cat([steps, steps[:, :, -1:]], 2)


def _flow(one: NetworkInput, light: Tensor) -> Tensor:
    """Return the flow to the next frame, cut off at its bound, from 0 to 1: 0.5 is none."""
    clips: UInt8Array = _bytes(light).permute(0, 2, 3, 4, 1).cpu().numpy()
    fields = np.stack([_fields(np.ascontiguousarray(frames), one.flow) for frames in clips])
    flow = torch.from_numpy(fields).permute(0, 4, 1, 2, 3).to(light)
    return (flow.clamp(-one.bound, one.bound) / one.bound + 1) / 2


def _fields(frames: UInt8Array, kind: str) -> Float32Array:
    """Return the flow of each frame (T, h, w, 2), of the last as of the one before it."""
    still = np.zeros((*frames.shape[1:3], 2), np.float32)
    fields = [
        still if np.array_equal(*pair) else flow_between(*pair, kind=kind)
        for pair in itertools.pairwise(frames)
    ]
    return np.stack([*fields, fields[-1]])


_MAKERS: dict[str, Callable[[NetworkInput, Tensor], Tensor]] = {
    "rgb": _colours,
    "bgr": _colours,
    "grey": _grey,
    "flow": _flow,
    "difference": _differences,
}
