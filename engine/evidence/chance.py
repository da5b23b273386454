"""Answers no better than guessing: what is not there cannot be lost. No torch."""

from __future__ import annotations

from engine.types import Activation

_ABOVE = 0.1


def chance_level(classes: int, activation: Activation) -> float:
    """Return the probability of a class for a model that guesses, 0 to 1."""
    return 1 / classes if activation in ("softmax", "probabilities") else 0.5


def is_at_chance(probability: float, classes: int, activation: Activation) -> bool:
    """Return whether a class is as good as guessed.

    Parameters
    ----------
    probability : float
        Of the class, 0 to 1.
    classes : int
        Of the model.
    activation : str
        What makes probabilities of its outputs.

    Returns
    -------
    bool
        True below twice the level of chance, or 0.1 above it where that is less.
    """
    level = chance_level(classes, activation)
    return probability < min(2 * level, level + _ABOVE)
