"""Relevance -> motion + static, for a volume in memory: the method in one page.

Source: Hiley, Preece, Hicks, Chakraborty, Gurram, Tomsett, "Explaining Motion Relevance for
Activity Recognition in Video Deep Learning Models", arXiv 2003.14285 (2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import numpy as np

from engine.selective.derivative import temporal_derivative
from engine.selective.presets import PresetParams, checked_sigma, preset_params
from engine.selective.variation import temporal_variation
from engine.types import DEFAULT_PRESET, DEFAULT_SIGMA, Float64Array, Preset

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

Volume = TypeVar("Volume", "NDArray[Any]", "torch.Tensor")


@dataclass(frozen=True, eq=False)
class Split(Generic[Volume]):
    """Relevance separated into motion and static, ``motion + static == relevance`` exactly.

    Attributes
    ----------
    relevance : float array or tensor, (T, H, W)
        What was split: the relevance given, scaled to 0..1 by "paper-2020" if it had a
        negative value.
    motion, static : float array or tensor, (T, H, W)
        Relevance where the mask is set, and where it is not; zero elsewhere.
    mask : bool array or tensor, (T, H, W)
        Where the temporal derivative, or the variation, exceeds the threshold.
    threshold : float
        sigma times the standard deviation; for "variation" that much above the mean.
    preset : str
        Name of the preset.
    """

    relevance: Volume
    motion: Volume
    static: Volume
    mask: Volume
    threshold: float
    preset: str

    @cached_property
    def changing_share(self) -> float:
        """Changing share of the map, sum|motion| / sum|R|, 0 to 1, nan without relevance."""
        motion, whole = abs(self.motion), abs(self.relevance)
        return float(_share(motion.sum(), whole.sum()))

    @cached_property
    def frame_changing_share(self) -> Float64Array:
        """The same for each frame, float64 (T,), nan where a frame has no relevance."""
        motion = abs(self.motion).sum((1, 2))
        whole = abs(self.relevance).sum((1, 2))
        return cast("Float64Array", _share(motion, whole))


def split(
    relevance: Volume,
    sigma: float = DEFAULT_SIGMA,
    *,
    preset: Preset = DEFAULT_PRESET,
    time_step: int = 1,
) -> Split[Volume]:
    """Separate relevance into a part due to motion and a static rest.

    Parameters
    ----------
    relevance : float array or tensor, (T, H, W)
        Relevance of one clip, colour channels summed. A tensor stays on its device.
    sigma : float
        Threshold in standard deviations of what is compared, >= 0; 1 to 4 is usual.
    preset : str
        One of `engine.types.SPLIT_PRESETS`.
    time_step : int
        Frames that share one time step of the relevance, for maps that are coarse in time
        (``Attribution.time_step``).

    Returns
    -------
    Split

    Raises
    ------
    AttributionError
        If sigma, the preset or the volume cannot be used.
    """
    return Prepared(relevance, preset, time_step).at(sigma)


class Prepared(Generic[Volume]):
    """A volume with its derivative and standard deviation, ready for any sigma.

    Changing sigma is one comparison; nothing is differentiated again.

    Parameters
    ----------
    relevance : float array or tensor, (T, H, W)
        As for `split`.
    preset, time_step
        As for `split`.
    """

    def __init__(
        self, relevance: Volume, preset: Preset = DEFAULT_PRESET, time_step: int = 1
    ) -> None:
        params = preset_params(preset)
        changed: Volume
        if params.kind == "variation":
            changed = temporal_variation(relevance, time_step=time_step)
        else:
            padding = params.padding
            changed = temporal_derivative(relevance, padding=padding, time_step=time_step)
            if params.rescale and bool((relevance < 0).any()):
                relevance = rescaled(relevance, relevance.min(), relevance.max())
                changed = temporal_derivative(relevance, padding=padding, time_step=time_step)
        self.preset = preset
        self.relevance: Volume = relevance
        self.compared: Volume = abs(changed) if params.two_sided else changed
        self.std = standard_deviation(changed, params)
        self._mean = _mean(self.compared) if params.above_mean else None

    def at(self, sigma: float) -> Split[Volume]:
        """Split at that sigma."""
        threshold = threshold_at(sigma, self.std, self._mean)
        mask = self.compared > threshold
        motion = self.relevance * mask
        static = self.relevance * ~mask
        return cast(
            "Split[Volume]", Split(self.relevance, motion, static, mask, threshold, self.preset)
        )


def rescaled(relevance: Volume, lowest: Any, highest: Any) -> Volume:
    """Scale a volume from lowest..highest to 0..1, in its own precision, a flat one to zeros."""
    extent = highest - lowest
    return cast("Volume", (relevance - lowest) / (extent if extent > 0 else 1))


def standard_deviation(derivative: Any, params: PresetParams) -> np.floating[Any]:
    """Return the unbiased standard deviation over the whole volume, as `torch.std` does.

    Accumulated in double precision and rounded to the volume's own type.
    """
    values = abs(derivative) if params.std_of_absolute else derivative
    if isinstance(values, np.ndarray):
        spread = values.std(dtype=np.float64, ddof=1) if values.size > 1 else 0.0
        return cast("np.floating[Any]", values.dtype.type(spread))
    spread = values.double().std().to(values.dtype) if values.numel() > 1 else values.new_zeros(())
    return cast("np.floating[Any]", spread.detach().cpu().numpy()[()])


def _mean(values: Any) -> np.floating[Any]:
    """Return the mean of the volume in double precision, rounded to the volume's own type."""
    if isinstance(values, np.ndarray):
        return cast("np.floating[Any]", values.dtype.type(values.mean(dtype=np.float64)))
    mean = values.double().mean().to(values.dtype)
    return cast("np.floating[Any]", mean.detach().cpu().numpy()[()])


def threshold_at(
    sigma: float, std: np.floating[Any], mean: np.floating[Any] | None = None
) -> float:
    """Return the threshold for sigma, above a mean or from 0, in the precision of the volume."""
    product = type(std)(checked_sigma(sigma)) * std
    return float(product if mean is None else mean + product)


def _share(part: Any, whole: Any) -> Any:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.float64(_on_host(part)) / np.float64(_on_host(whole))


def _on_host(values: Any) -> Any:
    return values if isinstance(values, np.ndarray | np.generic) else values.detach().cpu().numpy()
