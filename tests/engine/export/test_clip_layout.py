from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ExportError
from engine.export.clip_layout import MOST_SIDE_PX, clip_layout, columns_of, pane_size
from engine.render.export_clip_settings import LAYOUTS, ClipSettings
from engine.render.panes import clip_panes

looks = st.builds(
    ClipSettings,
    preset=st.just("recommended"),
    sigma=st.just(1.0),
    panes=st.permutations(clip_panes()).flatmap(
        lambda panes: st.integers(1, 6).map(lambda count: tuple(panes[:count]))
    ),
    layout=st.sampled_from(LAYOUTS),
    pane_height_px=st.none() | st.integers(64, 400),
    numbers=st.booleans(),
    timeline=st.booleans(),
)


@given(look=looks, width=st.integers(16, 2000), height=st.integers(16, 2000))
def test_layout_keeps_every_part_inside_and_apart(
    look: ClipSettings, width: int, height: int
) -> None:
    try:
        layout = clip_layout(look, (width, height))
    except ExportError:
        return
    assert layout.size[0] % 2 == layout.size[1] % 2 == 0
    assert max(layout.size) <= MOST_SIDE_PX
    assert len(layout.corners) == len(look.panes)
    for left, top in layout.corners:
        assert 0 <= left <= layout.size[0] - layout.pane[0]
        assert 0 <= top <= layout.timeline_top - layout.pane[1]
    for (left, top), (other_left, other_top) in pairwise(sorted(layout.corners)):
        apart_x = other_left - left >= layout.pane[0]
        assert apart_x or abs(other_top - top) >= layout.pane[1]


@pytest.mark.parametrize(
    ("count", "layout", "columns"),
    [
        (4, "row", 4),
        (4, "column", 1),
        (1, "grid", 1),
        (4, "grid", 2),
        (5, "grid", 3),
        (6, "grid", 3),
    ],
)
def test_columns_of_a_layout(count: int, layout: str, columns: int) -> None:
    assert columns_of(count, layout) == columns  # type: ignore[arg-type]


def test_pane_has_the_height_that_was_asked_for() -> None:
    assert pane_size((1280, 720), 2, 480) == (853, 480)


def test_panes_in_a_row_fit_a_common_screen() -> None:
    layout = clip_layout(ClipSettings("recommended", 1.0), (480, 360))
    assert layout.size[0] <= 1920


def test_layout_without_timeline_and_numbers_is_smaller_by_them() -> None:
    whole = clip_layout(ClipSettings("recommended", 1.0), (320, 240))
    bare = clip_layout(ClipSettings("recommended", 1.0, numbers=False, timeline=False), (320, 240))
    assert whole.size[1] - bare.size[1] == 28 + 240
    assert bare.numbers_top == -1


def test_layout_without_heat_has_no_colour_bar() -> None:
    assert not clip_layout(ClipSettings("recommended", 1.0, panes=("video",)), (320, 240)).has_bar


def test_a_picture_too_large_is_refused_with_its_size() -> None:
    look = ClipSettings("recommended", 1.0, pane_height_px=1080)
    with pytest.raises(ExportError, match=r"7\d\d\dx1\d\d\d pixels"):
        clip_layout(look, (1920, 1080))


@pytest.mark.parametrize("panes", [(), ("video", "video")])
def test_no_pane_or_one_twice_is_refused(panes: tuple[str, ...]) -> None:
    with pytest.raises(ExportError, match="one pane or more"):
        ClipSettings("recommended", 1.0, panes=panes)  # type: ignore[arg-type]


@pytest.mark.parametrize("height", [0, 63, 1081])
def test_a_height_out_of_range_is_refused(height: int) -> None:
    with pytest.raises(ExportError, match=f"{height} pixels"):
        ClipSettings("recommended", 1.0, pane_height_px=height)
