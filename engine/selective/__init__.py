"""Selective relevance: the paper's separation of relevance into motion and static parts.

NumPy in, NumPy out; torch tensors stay on their device. Importing this does not import torch.
"""

from engine.selective.derivative import temporal_derivative
from engine.selective.presets import RECIPES, Recipe, checked_sigma, recipe_for
from engine.selective.separation import Curves, FrameMaps, Separation
from engine.selective.split import Prepared, Split, split

__all__ = [
    "RECIPES",
    "Curves",
    "FrameMaps",
    "Prepared",
    "Recipe",
    "Separation",
    "Split",
    "checked_sigma",
    "recipe_for",
    "split",
    "temporal_derivative",
]
