"""Checks of the arrays of every measure, in one place so that all refuse in the same words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.errors import EngineError

FloatArray = npt.NDArray[np.floating]


def check_values(name: str, values: FloatArray) -> None:
    """Raise EngineError unless the array is floating, not empty, and finite throughout.

    Parameters
    ----------
    name : str
        What the array is called in the message.
    values : array, any shape
        The array to check.
    """
    if not np.issubdtype(values.dtype, np.floating):
        raise EngineError(
            f"The {name} is of type {values.dtype}, but floating values are needed.",
            "Convert it to float32 first.",
        )
    if values.size == 0:
        raise EngineError(
            f"The {name} is empty: its shape is {values.shape}.", "Take at least one pixel."
        )
    if not np.isfinite(values).all():
        raise EngineError(
            f"The {name} has values that are not finite (nan or inf).",
            "Find out where they come from: no measure can be trusted with them.",
        )


def check_same_shape(
    name: str, shape: tuple[int, ...], other: str, wanted: tuple[int, ...]
) -> None:
    """Raise EngineError, naming both, unless two shapes are equal."""
    if shape != wanted:
        raise EngineError(
            f"The {name} has shape {shape}, but the {other} has shape {wanted}.",
            "Bring both to the same frames, height and width first.",
        )
