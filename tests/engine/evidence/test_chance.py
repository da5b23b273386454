from __future__ import annotations

import pytest

from engine.evidence.chance import chance_level, is_at_chance
from engine.types import Activation


@pytest.mark.parametrize(
    ("probability", "classes", "activation", "guessed"),
    [
        (0.55, 2, "softmax", True),
        (0.65, 2, "softmax", False),
        (0.2, 8, "softmax", True),
        (0.3, 8, "probabilities", False),
        (0.004, 400, "softmax", True),
        (0.01, 400, "softmax", False),
        (0.3, 400, "sigmoid", True),
        (0.7, 400, "sigmoid", False),
        (0.55, 2, "binary", True),
    ],
)
def test_is_at_chance_goes_by_the_head(
    probability: float, classes: int, activation: Activation, guessed: bool
) -> None:
    assert is_at_chance(probability, classes, activation) is guessed
    assert chance_level(classes, activation) <= 0.5
