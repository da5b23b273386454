"""Agreement of relevance with a ground-truth mask.

Both measures are from Arras, Osman and Samek, "CLEVR-XAI: A benchmark dataset for the ground
truth evaluation of neural network explanations", 2022 (arXiv 2003.07258).
Relevance counts by its absolute value, since relevance against a class is an explanation too.
"""

from __future__ import annotations

import numpy as np

from engine.errors import EngineError
from engine.metrics.array_checks import FloatArray, check_same_shape, check_values
from engine.types import BoolArray


def mass_accuracy(relevance: FloatArray, mask: BoolArray) -> float:
    """Share of all relevance that lies in the mask: sum of |R| there / sum of all.

    Parameters
    ----------
    relevance : float array, any shape
        Relevance, any finite values.
    mask : bool array, of the same shape
        Where relevance should be.

    Returns
    -------
    float
        From 0 to 1; nan where there is no relevance at all. Chance level: the share of the
        voxels that are in the mask.

    Raises
    ------
    EngineError
        If the shapes differ, the mask is not boolean, or relevance is empty, not floating or
        not finite.
    """
    _check(relevance, mask)
    strength = np.abs(relevance)
    total = strength.sum(dtype=np.float64)
    if total == 0:
        return float("nan")
    return float(strength[mask].sum(dtype=np.float64) / total)


def rank_accuracy(relevance: FloatArray, mask: BoolArray) -> float:
    """Share of the K voxels of highest |R| that lie in the mask, K being the mask's size.

    Voxels that tie for the last places share them: the result is the expected value when ties
    are broken at random. So a constant map scores exactly the chance level, K / size.

    Parameters
    ----------
    relevance : float array, any shape
        Relevance, any finite values.
    mask : bool array, of the same shape
        Where relevance should be.

    Returns
    -------
    float
        From 0 to 1; nan where the mask is empty. Chance level: the share of the voxels that
        are in the mask.

    Raises
    ------
    EngineError
        If the shapes differ, the mask is not boolean, or relevance is empty, not floating or
        not finite.
    """
    _check(relevance, mask)
    places = int(mask.sum())
    if places == 0:
        return float("nan")
    strength = np.abs(relevance)
    lowest = np.partition(strength, -places, axis=None)[-places]  # still among the first K
    above, tied = strength > lowest, strength == lowest
    places_left = places - int(above.sum())
    share_of_tied = places_left / int(tied.sum())
    return int(mask[above].sum()) / places + int(mask[tied].sum()) / places * share_of_tied


def _check(relevance: FloatArray, mask: BoolArray) -> None:
    check_values("relevance", relevance)
    check_same_shape("mask", mask.shape, "relevance", relevance.shape)
    if mask.dtype != np.bool_:
        raise EngineError(
            f"The mask is of type {mask.dtype}, but True and False are needed.",
            "Compare it with its threshold first, for example mask > 0.",
        )
