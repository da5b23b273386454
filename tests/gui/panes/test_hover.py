from __future__ import annotations

import numpy as np

from engine.types import Rect
from gui.panes.hover import heat_at, heat_text, place_text

SEEN = Rect(0.25, 0.0, 0.75, 1.0)


def test_place_text_counts_pixels_of_the_video() -> None:
    assert place_text(7, (0.5, 0.999), (640, 360)) == "frame 7, pixel (320, 359)"


def test_heat_at_finds_the_cell_of_a_place() -> None:
    heat = np.arange(8, dtype=np.float32).reshape(2, 4)
    assert heat_at(heat, SEEN, (0.26, 0.1)) == 0
    assert heat_at(heat, SEEN, (0.74, 0.9)) == 7


def test_heat_at_knows_what_the_model_did_not_see() -> None:
    heat = np.ones((2, 2), np.float32)
    assert heat_at(heat, SEEN, (0.1, 0.5)) is None
    assert heat_text(heat, SEEN, (0.8, 0.5)) == "not seen by the model"


def test_heat_text_ranks_by_size_whatever_the_sign() -> None:
    heat = np.array([[1, -3], [2, 4]], np.float32)
    text = heat_text(heat, Rect(0, 0, 1, 1), (0.9, 0.1))
    assert text == "relevance -3, 30.000% of the frame, rank 2 of 4"


def test_heat_text_of_no_relevance_has_no_share() -> None:
    assert "0.000%" in heat_text(np.zeros((2, 2), np.float32), Rect(0, 0, 1, 1), (0.1, 0.1))
