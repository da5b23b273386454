"""A loaded model and the clip that it sees.

The preprocessing is driven by `ModelSpec` alone and equals the evaluation presets of
torchvision's video weights bit for bit (`torchvision.transforms._presets.VideoClassification`).
It works frame by frame: the preset turns whole clips into float at source size, 1.6 GB for
64 frames of 1080p, and is slower.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torchvision.transforms.functional as F
from torch import nn

from engine.errors import VideoError
from engine.models.preprocess.colours import luma
from engine.models.preprocess.geometry import resized_size, seen_rect
from engine.models.preprocess.input_planes import (
    Keywords,
    by_input,
    given_as,
    plane_bounds,
    planes_of,
)
from engine.models.preprocess.unfit_input import unfit_input
from engine.types import ModelSpec, Rect, Step, UInt8Array
from engine.utils.foreign_code import exits_as_errors

_MOST_PIXELS = 2**25
"""Of a resized picture, which is float before it is cropped: 400 MB; of 8K there are as many."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Input of a network, and its place in the video.

    Attributes
    ----------
    tensor : float32 tensor, (1, 3, T, h, w)
        RGB after mean and standard deviation, on the model's device; of a grey network, its
        one channel three times.
    low, high : float32 tensors, (1, 3, 1, 1, 1)
        What black and white become: the bounds of ``tensor``, per channel, on its device.
    seen : Rect
        Part of the source picture that ``tensor`` covers.
    size : (int, int)
        Width and height of the source picture in pixels.
    """

    tensor: torch.Tensor
    low: torch.Tensor
    high: torch.Tensor
    seen: Rect
    size: tuple[int, int]

    def moved_to(self, device: torch.device) -> Clip:
        """Return the clip on another device."""
        return replace(
            self, tensor=self.tensor.to(device), low=self.low.to(device), high=self.high.to(device)
        )


@dataclass(frozen=True, slots=True, eq=False)
class VideoModel:
    """A network with the specification of its input.

    Attributes
    ----------
    spec : ModelSpec
        What its input must be and what its outputs mean.
    module : nn.Module
        On ``device``; as loaded in eval mode, parameters float32 and without gradients of
        their own. It maps (N, 3, T, h, w) to logits (N, K), or to a dict, tuple or object that
        holds them.
    device : torch.device
        Where it computes.
    pack : callable or None
        For a module that takes something else, such as several pathways: from clips
        (N, 3, T, h, w) to its argument, or to a tuple of its arguments. Relevance of all that is
        made of a frame comes together on that frame. Not asked where ``spec.inputs`` say it.
    closed : str
        What the module is, where its operations and layers cannot be looked into: "TorchScript".
        Methods that change them are refused then. Empty for ordinary modules.
    scores_only : bool
        Whether the module gives scores without gradients, as a black box does.
    notices : tuple of str
        What the user should know of how it was loaded.
    """

    spec: ModelSpec
    module: nn.Module
    device: torch.device
    pack: Callable[[torch.Tensor], Any] | None = None
    closed: str = ""
    scores_only: bool = False
    notices: tuple[str, ...] = ()

    def planes(self, clips: torch.Tensor) -> torch.Tensor:
        """Return what the module's inputs are made of, which relevance is traced to.

        Parameters
        ----------
        clips : tensor, (N, 3, T, h, w)

        Returns
        -------
        tensor, (N, C, T, h, w)
            The clips themselves, or without history the planes of the declared inputs.
        """
        return planes_of(self.spec.inputs, clips, self._range()) if self.spec.inputs else clips

    def bounds(self, clip: Clip) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the lowest and highest values of planes, (1, C, 1, 1, 1), nan where 0 is none."""
        return (
            plane_bounds(self.spec.inputs, clip.low) if self.spec.inputs else (clip.low, clip.high)
        )

    def by_input(self, values: torch.Tensor) -> torch.Tensor:
        """Return sums over the channels of each input, (N, I, T, h, w), I is 1 for a clip."""
        if not self.spec.inputs:
            return values.sum(1, keepdim=True)
        return by_input(self.spec.inputs, values)

    def arguments(self, clips: torch.Tensor) -> tuple[Any, ...]:
        """Return the module's arguments for clips (N, 3, T, h, w), named ones as `Keywords`."""
        return self._given(self.planes(clips))

    def output(self, planes: torch.Tensor) -> Any:
        """Return what the module makes of planes.

        Raises
        ------
        ModelError
            If it takes other inputs; whatever else the module raises goes on.
        """
        given = self._given(planes)
        try:
            with exits_as_errors():
                if isinstance(given[0], Keywords):
                    return self.module(**given[0])
                return self.module(*given)
        except (TypeError, ValueError, LookupError, AttributeError, RuntimeError) as error:
            reason = unfit_input(self.module, self.spec, given, error)
            if reason is None:
                raise
            raise reason from error

    def _given(self, planes: torch.Tensor) -> tuple[Any, ...]:
        if self.spec.inputs:
            return given_as(self.spec.inputs, self.spec.pass_as, planes)
        if self.pack is None:
            return (planes,)
        packed = self.pack(planes)
        return packed if isinstance(packed, tuple) else (packed,)

    def at_step(self, step: Step | None) -> VideoModel:
        """Return the model with another time step of its scores explained. None changes nothing."""
        return self if step is None else replace(self, spec=replace(self.spec, step=step))

    def copied_to(self, device: torch.device) -> VideoModel:
        """Return a copy of the model on another device."""
        return replace(self, module=copy.deepcopy(self.module).to(device), device=device)

    def preprocess(self, frames: UInt8Array) -> Clip:
        """Turn frames of a video into the network's input.

        Parameters
        ----------
        frames : uint8 array, (T, H, W, 3)
            RGB, 0 to 255, at source size. T is usually ``spec.frames``.

        Raises
        ------
        ValueError
            If the array has another shape or dtype.
        VideoError
            If a picture is so long and thin that its resize would fill the memory.
        """
        if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[-1] != 3 or not frames.size:
            raise ValueError(
                f"frames must be uint8 (T, H, W, 3), not {frames.dtype} {frames.shape}"
            )
        height, width = frames.shape[1:3]
        values = self._normalised(torch.stack([self._cropped(frame) for frame in frames]))
        black, white = self._range()
        return Clip(
            tensor=values.permute(1, 0, 2, 3).unsqueeze(0).contiguous().to(self.device),
            low=black.to(self.device),
            high=white.to(self.device),
            seen=seen_rect(self.spec, (width, height)),
            size=(width, height),
        )

    def _cropped(self, frame: UInt8Array) -> torch.Tensor:
        """Resize and crop one frame: uint8 (H, W, 3) to uint8 (3, h, w)."""
        # A copy, as the frame may be read-only. The channels stay last in memory, which
        # resizes three times as fast as planes; the values are the same.
        picture = torch.from_numpy(np.array(frame, order="C")).permute(2, 0, 1)
        width, height = resized_size(self.spec, (frame.shape[1], frame.shape[0]))
        if width * height > max(_MOST_PIXELS, frame.shape[0] * frame.shape[1]):
            raise VideoError(
                f"A picture of {frame.shape[1]} x {frame.shape[0]} pixels would become one of "
                f"{width} x {height} for {self.spec.name}, which is too large.",
                "Crop the video to what matters in it: it is too long and thin.",
            )
        resized = F.resize(picture, [height, width], antialias=self.spec.antialias)
        cropped: torch.Tensor = F.center_crop(resized, list(self.spec.crop))
        return luma(cropped).expand(3, -1, -1) if self.spec.grey else cropped

    def _normalised(self, pixels: torch.Tensor) -> torch.Tensor:
        """Scale to the value range, subtract the mean, divide: uint8 to float32 (T, 3, h, w)."""
        values = F.convert_image_dtype(pixels, torch.float32)
        low, high = self.spec.value_range
        if (low, high) != (0.0, 1.0):
            values = values * (high - low) + low
        normalised: torch.Tensor = F.normalize(values, list(self.spec.mean), list(self.spec.std))
        return normalised

    def _range(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the input values of black and white, by the arithmetic of every pixel."""
        extremes = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 3, 1, 1)
        black, white = self._normalised(extremes)
        return black.view(1, 3, 1, 1, 1), white.view(1, 3, 1, 1, 1)
