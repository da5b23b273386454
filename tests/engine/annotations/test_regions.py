from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from engine.annotations.region_masks import inside_picture, mask, seen_mask
from engine.annotations.regions import Box, Region, Stroke, Track, from_json, to_json
from engine.errors import EngineError
from engine.types import Rect

HALF = Box(0, 10, 0.0, 0.0, 0.5, 1.0)
WHOLE = Rect(0.0, 0.0, 1.0, 1.0)
EVERYTHING = Region(
    (
        HALF,
        Track((Box(2, 3, 0.1, 0.1, 0.2, 0.2), Box(8, 9, 0.5, 0.5, 0.6, 0.6))),
        Stroke(0, 5, ((0.1, 0.2), (0.3, 0.4)), 0.05),
        Stroke(1, 2, ((0.5, 0.5),), 0.1, erases=True),
    )
)


def test_mask_of_a_box_has_the_pixels_whose_middle_it_holds() -> None:
    found = mask(Region((Box(3, 5, 0.25, 0.5, 0.75, 1.0),)), 3, (8, 4))
    expected = np.zeros((4, 8), bool)
    expected[2:, 2:6] = True
    np.testing.assert_array_equal(found, expected)
    wide = mask(Region((Box(0, 1, 0.3, 0.0, 0.7, 1.0),)), 0, (4, 1))
    assert wide.tolist() == [[False, True, True, False]]
    thin = mask(Region((Box(0, 1, 0.1, 0.0, 0.12, 1.0),)), 0, (8, 4))
    assert not thin.any()


@pytest.mark.parametrize(("frame", "painted"), [(2, False), (3, True), (4, True), (5, False)])
def test_mask_lies_on_its_frames_alone(frame: int, painted: bool) -> None:
    shapes = Box(3, 5, 0, 0, 1, 1), Stroke(3, 5, ((0.5, 0.5),), 0.3)
    for shape in shapes:
        assert mask(Region((shape,)), frame, (8, 8)).any() == painted


def test_mask_of_a_stroke_is_what_is_near_its_line() -> None:
    width, height, radius = 200, 100, 0.08
    line = ((0.2, 0.3), (0.7, 0.3), (0.7, 0.8))
    found = mask(Region((Stroke(0, 1, line, radius),)), 0, (width, height))
    rows, columns = np.mgrid[:height, :width] + 0.5
    across = np.hypot(np.maximum(np.maximum(40 - columns, columns - 140), 0), rows - 30)
    down = np.hypot(columns - 140, np.maximum(np.maximum(30 - rows, rows - 80), 0))
    distance = np.minimum(across, down)
    assert found[distance < radius * width - 1.5].all()
    assert not found[distance > radius * width + 1.5].any()


def test_mask_of_a_click_is_round() -> None:
    found = mask(Region((Stroke(0, 1, ((0.5, 0.5),), 0.25),)), 0, (100, 100))
    assert found.sum() == pytest.approx(math.pi * 25**2, rel=0.06)


def test_mask_erases_what_was_painted_before_and_not_after() -> None:
    eraser = Stroke(0, 10, ((0.25, 0.5),), 1.0, erases=True)
    assert not mask(Region((HALF, eraser)), 0, (10, 10)).any()
    assert mask(Region((eraser, HALF)), 0, (10, 10)).sum() == 50


def test_mask_of_a_track_moves_evenly_between_its_boxes() -> None:
    track = Track((Box(10, 11, 0.0, 0.0, 0.2, 0.2), Box(20, 21, 0.5, 0.2, 0.7, 0.6)))
    middle = track.at(15)
    assert middle is not None
    sides = middle.left, middle.top, middle.right, middle.bottom
    assert sides == pytest.approx((0.25, 0.1, 0.45, 0.4))
    assert track.at(10) == track.boxes[0]
    assert track.at(20) == track.boxes[1]
    assert track.at(9) is track.at(21) is None
    assert mask(Region((track,)), 15, (100, 100)).sum() == 20 * 30


def test_region_frames_are_those_of_what_it_paints() -> None:
    eraser = Stroke(0, 90, ((0.5, 0.5),), 0.1, erases=True)
    assert Region((eraser, Box(4, 6, 0, 0, 1, 1), Box(8, 9, 0, 0, 1, 1))).frames == (4, 9)
    assert Region((eraser,)).frames is None


def test_seen_mask_of_the_whole_picture_is_the_mask() -> None:
    for region in (Region((HALF,)), EVERYTHING):
        np.testing.assert_array_equal(
            seen_mask(region, 2, (64, 48), WHOLE, (48, 64)), mask(region, 2, (64, 48))
        )


def test_seen_mask_follows_the_crop() -> None:
    seen = Rect(0.25, 0.0, 0.75, 1.0)  # the middle half: the box covers its left half
    found = seen_mask(Region((HALF,)), 0, (80, 40), seen, (4, 8))
    assert found[:, :4].all()
    assert not found[:, 4:].any()


def test_seen_mask_leaves_out_what_is_padding() -> None:
    seen = Rect(-0.5, 0.0, 1.5, 1.0)
    found = seen_mask(Region((Box(0, 1, 0, 0, 1, 1),)), 0, (40, 40), seen, (4, 8))
    np.testing.assert_array_equal(found, inside_picture(seen, (4, 8)))
    assert found.sum() == 4 * 4
    assert found[:, 2:6].all()


def test_region_goes_through_json() -> None:
    assert from_json(json.loads(json.dumps(to_json(EVERYTHING)))) == EVERYTHING
    assert from_json([]) == Region()


BOX = {"first": 0, "stop": 1, "left": 0.1, "top": 0.1, "right": 0.2, "bottom": 0.2}
STROKE = {"first": 0, "stop": 1, "points": [[0.1, 0.1]], "radius": 0.1, "erases": False}


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        {},
        {**BOX, "left": math.nan},
        {**BOX, "left": math.inf},
        {**BOX, "left": "0.1"},
        {**BOX, "left": True},
        {**BOX, "left": 0.3},
        {**BOX, "left": -9.0},
        {**BOX, "stop": 0},
        {**BOX, "first": -1},
        {**BOX, "first": 0.0},
        {**BOX, "stop": 2**40},
        {**BOX, "colour": "red"},
        {**STROKE, "points": []},
        {**STROKE, "points": "ab"},
        {**STROKE, "points": [[0.1]]},
        {**STROKE, "points": [[0.1, None]]},
        {**STROKE, "points": [0.1]},
        {**STROKE, "radius": 0},
        {**STROKE, "radius": 2.0},
        {**STROKE, "erases": "yes"},
        {"track": []},
        {"track": BOX},
        {"track": [BOX, BOX]},
        {"track": [STROKE]},
    ],
)
def test_region_from_json_refuses_nonsense_and_names_the_shape(entry: Any) -> None:
    with pytest.raises(EngineError, match="Shape 2 of the painted region") as caught:
        from_json([BOX, entry])
    assert caught.value.hint


@pytest.mark.parametrize("document", [None, {}, "[]", 3])
def test_region_from_json_refuses_what_is_no_list(document: object) -> None:
    with pytest.raises(EngineError, match="not a list"):
        from_json(document)
