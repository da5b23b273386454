"""The colours of maps that a preset scales to 0..1."""

from __future__ import annotations

from pathlib import Path

from tests.engine.store.analyses import filled


def test_signed_maps_of_the_paper_are_drawn_from_zero_to_one(tmp_path: Path) -> None:
    analysis = filled(tmp_path, steps=30)  # of both signs
    maps = analysis.separation("paper-2020").frames(0, 30, 1.0)
    assert analysis.full_colour("paper-2020") == 1.0
    assert 0 <= maps.relevance.min() < maps.relevance.max() <= 1
    assert ((maps.motion == 0) | (maps.static == 0)).all()


def test_maps_of_other_presets_are_drawn_in_the_scale_of_the_clip(tmp_path: Path) -> None:
    analysis = filled(tmp_path, steps=30)
    analysis.separation("recommended").curves(1.0)
    assert analysis.full_colour("recommended") == analysis.scale != 1.0
