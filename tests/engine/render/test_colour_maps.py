from __future__ import annotations

import numpy as np
import pytest

from engine.render import COLOURS, HeatLook, colour_bar, is_colour_map, searched
from engine.render.colour_difference import ciede2000, lab
from engine.render.colour_maps import LEAST_DIFFERENCE, LEAST_LIGHTNESS, colours_of, ends_of
from engine.types import Float64Array

# Machado, Oliveira and Fernandes 2009, severity 1: linear RGB as it is seen
VISIONS = {
    "protanopia": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "deuteranopia": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "tritanopia": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}
OFFERED = (*COLOURS, *searched())


def seen(colour: Float64Array, vision: str) -> Float64Array:
    """Return a colour of sRGB as it is seen."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(VISIONS[vision]) @ linear, 0, 1)
    shown: Float64Array = np.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return shown


def test_all_maps_of_the_library_but_a_few_are_offered() -> None:
    assert len(OFFERED) > 400
    assert len(set(OFFERED)) == len(OFFERED)
    assert {"colorcet:CET_D1", "bids:magma", "crameri:vik", "matplotlib:seismic"} <= set(OFFERED)
    assert all(map(is_colour_map, OFFERED))


def test_no_map_that_is_offered_has_two_ends_that_look_alike() -> None:
    ends = np.array([ends_of(name) for name in OFFERED])
    low, high = lab(ends[:, 0]), lab(ends[:, 1])
    alike = ciede2000(low, high) < LEAST_DIFFERENCE
    assert [name for name, is_alike in zip(OFFERED, alike, strict=True) if is_alike] == []


def test_no_map_that_is_searched_has_an_end_too_dark_for_a_dark_frame() -> None:
    light = np.array([[lab(end)[0] for end in ends_of(name)] for name in searched()])
    assert light.min() >= LEAST_LIGHTNESS


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("name", COLOURS)
def test_usual_colours_are_told_apart_by_every_vision(name: str, vision: str) -> None:
    low, high = (lab(seen(end, vision)) for end in ends_of(name))
    assert ciede2000(low, high) >= 19


@pytest.mark.parametrize("name", ["cmap:blue", "cmasher:wildfire", "matplotlib:hsv", "Set1", ""])
def test_maps_alike_at_both_ends_and_others_are_refused(name: str) -> None:
    assert not is_colour_map(name)
    with pytest.raises(ValueError, match="colours must be fire and ice"):
        HeatLook(name)


def test_diverging_map_is_split_at_its_middle() -> None:
    low, middle, high = colours_of("crameri:vik", np.array([-1.0, 0.0, 1.0]))
    assert low[2] > low[0] + 0.2
    assert np.ptp(middle) < 0.1
    assert high[0] > high[2] + 0.2


def test_bar_of_a_searched_map_has_both_signs() -> None:
    bar = colour_bar((4, 101), HeatLook("crameri:vik", opacity=1.0)).astype(int)
    assert bar[0, 0, 0] > bar[0, 0, 2] + 50  # for the class, on top
    assert bar[-1, 0, 2] > bar[-1, 0, 0] + 50
