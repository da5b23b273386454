"""Selective relevance: the paper's separation of relevance into motion and static parts.

NumPy in, NumPy out; torch tensors stay on their device. Importing this does not import torch.
"""

from engine.selective.derivative import temporal_derivative
from engine.selective.map_separation import MapSeparation
from engine.selective.presets import (
    PRESET_PARAMS,
    PresetParams,
    checked_preset,
    checked_sigma,
    preset_params,
)
from engine.selective.separation import Curves, FrameMaps, Separation
from engine.selective.split import Prepared, Split, split

__all__ = [
    "PRESET_PARAMS",
    "Curves",
    "FrameMaps",
    "MapSeparation",
    "Prepared",
    "PresetParams",
    "Separation",
    "Split",
    "checked_preset",
    "checked_sigma",
    "preset_params",
    "split",
    "temporal_derivative",
]
