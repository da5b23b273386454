"""The same frames in two ranges: the same numbers, away from the ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.pipeline import explain
from engine.selective import Curves
from engine.types import SPLIT_PRESETS, Preset, Request

DEMO = Path(__file__).parents[3] / "resources" / "demo.mp4"
MIXED = 8 + 8 + 1
"""Frames from an end that know of it: half a window is blended there, half a window is the volume,
and one is differentiated with."""


def part(curves: Curves, first: int, last: int) -> float:
    return float(curves.motion[first:last].sum() / curves.relevance[first:last].sum())


@pytest.mark.slow
def test_frames_have_the_same_share_in_a_range_that_begins_one_window_later(tmp_path: Path) -> None:
    """Frames 16 to 56 of the bundled clip by the bundled network."""
    ranges = ((0, 56), (16, 72))
    whole = [
        explain(Request(DEMO, frames=frames, device="cpu"), folder=tmp_path / str(frames[0]))
        for frames in ranges
    ]

    def curves(preset: Preset) -> tuple[Curves, Curves]:
        first, later = (one.separation(preset).curves(1.0) for one in whole)
        return first, later

    for preset in SPLIT_PRESETS:
        first, later = curves(preset)
        inside = slice(16 + MIXED, 56 - MIXED)
        if preset != "variation":  # which looks further
            shares = first.changing_share[inside], later.changing_share[17:23]
            np.testing.assert_allclose(*shares, atol=2e-3)
    first, later = curves("recommended")
    assert abs(part(first, 16, 56) - part(later, 0, 40)) < 0.02
    for one in whole:
        one.close()
