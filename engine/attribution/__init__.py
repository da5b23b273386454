"""Clip + target -> relevance. `METHODS` is free of torch, the rest loads it when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from engine.attribution.catalogue import DEFAULT_METHOD, METHODS

if TYPE_CHECKING:
    from engine.attribution.attribute_clip import Attribution, attribute, attribute_all
    from engine.attribution.base.targets import Contrast
    from engine.attribution.estimation import Estimate, estimate
    from engine.attribution.frozen_frame import FrozenFrameSplit, frozen_frame_split
    from engine.attribution.layers import LayerInfo, layers_of
    from engine.attribution.motion_usage import MotionUse, motion_use

__all__ = [
    "DEFAULT_METHOD",
    "METHODS",
    "Attribution",
    "Contrast",
    "Estimate",
    "FrozenFrameSplit",
    "LayerInfo",
    "MotionUse",
    "attribute",
    "attribute_all",
    "estimate",
    "frozen_frame_split",
    "layers_of",
    "motion_use",
]

_NEED_TORCH = {
    "Attribution": "attribute_clip",
    "attribute": "attribute_clip",
    "attribute_all": "attribute_clip",
    "Contrast": "base.targets",
    "Estimate": "estimation",
    "estimate": "estimation",
    "FrozenFrameSplit": "frozen_frame",
    "frozen_frame_split": "frozen_frame",
    "LayerInfo": "layers",
    "layers_of": "layers",
    "MotionUse": "motion_usage",
    "motion_use": "motion_usage",
}


def __getattr__(name: str) -> Any:
    """Import a name that needs torch when it is first asked for (PEP 562)."""
    if name not in _NEED_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_NEED_TORCH[name]}"), name)
