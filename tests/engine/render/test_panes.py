from __future__ import annotations

import numpy as np
import pytest

from engine.render import HeatLook
from engine.render.panes import (
    PANES,
    WHOLE,
    Canvas,
    FrameHeat,
    PaneFrame,
    clip_panes,
    enlarged,
    needs_of,
    within,
)
from engine.types import Rect


def frame_without_analysis() -> PaneFrame:
    canvas = Canvas(np.full((30, 40, 3), 128, np.uint8))
    return PaneFrame(canvas, WHOLE, HeatLook(), lambda pinned: None, lambda kind: 0.0)


def test_within_leads_back_to_the_whole() -> None:
    seen, visible = Rect(0.1, 0.0, 0.9, 1.0), Rect(0.25, 0.5, 0.75, 1.0)
    part = within(seen, visible)
    assert (part.left, part.right) == pytest.approx((-0.3, 1.3))
    assert (part.top, part.bottom) == pytest.approx((-1.0, 1.0))


def test_panes_of_clips_need_no_second_analysis() -> None:
    assert clip_panes() == ("video", "relevance", "motion", "static", "flow", "model")


def test_needs_are_those_of_all_kinds() -> None:
    assert needs_of(("video", "relevance")) == frozenset()
    assert needs_of(("flow", "video", "model")) == {"flow", "model_view"}


@pytest.mark.parametrize("name", [name for name in PANES if name not in ("video", "difference")])
def test_kind_without_its_parts_shows_its_placeholder(name: str) -> None:
    drawn = PANES[name].draw(PANES[name], frame_without_analysis())
    assert (drawn.picture, drawn.text) == (None, PANES[name].placeholder)
    assert drawn.text


def test_map_that_is_not_ready_gives_its_reason() -> None:
    canvas = Canvas(np.full((30, 40, 3), 128, np.uint8))
    heat = FrameHeat(None, "soon")
    frame = PaneFrame(canvas, WHOLE, HeatLook(), lambda pinned: heat, lambda kind: 1.0)
    for name in ("relevance", "other motion", "difference"):
        assert PANES[name].draw(PANES[name], frame).text == "soon"


def test_canvas_makes_the_ground_of_a_region_once() -> None:
    canvas = Canvas(np.full((30, 40, 3), 128, np.uint8))
    assert canvas.ground(WHOLE, "grey") is canvas.ground(Rect(0.0, 0.0, 1.0, 1.0), "grey")


def test_enlarged_keeps_pixels_and_proportion() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    large = enlarged(picture, (10, 6))
    assert large.shape == (6, 6, 3)
    assert np.array_equal(large[::3, ::3], picture)
