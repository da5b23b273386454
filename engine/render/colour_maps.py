"""Colour maps of relevance: a few usual pairs, and what `cmap` has of diverging and sequential.

None is offered whose two ends look alike, and ends too dark for a dark frame are cut off: the sign
of relevance is read from the ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from cmap import Catalog, Colormap

from engine.render.colour_difference import ciede2000, lab
from engine.types import Float64Array

LEAST_DIFFERENCE = 25.0
"""CIEDE2000 between the ends of a map that is offered; 10 is seen at a glance."""
LEAST_LIGHTNESS = 35.0
"""L* of the ends of a map of `cmap`; a darker one is not seen on a dark frame."""
_SHADES = 256


@dataclass(frozen=True, slots=True)
class Half:
    """Colours of one sign: a part of a colour map, from faint to full.

    Attributes
    ----------
    name : str
        Of `cmap`.
    faint, full : float
        Places in the map, 0 to 1.
    """

    name: str
    faint: float = 0.45  # below, a colour is too dark to be seen on a dark frame
    full: float = 0.97


COLOURS = {
    "fire and ice": (Half("colorcet:cet_l3", full=0.9), Half("colorcet:cet_l6", full=0.75)),
    "red and blue": (Half("colorcet:cet_l13"), Half("colorcet:cet_l15")),
    "inferno and viridis": (Half("bids:inferno", full=0.8), Half("bids:viridis", full=0.6)),
    "white and blue": (Half("colorcet:cet_l1"), Half("colorcet:cet_l6", full=0.6)),
}
"""The usual colours of positive and negative relevance, by name: told apart by every kind of
colour vision."""


def is_colour_map(name: str) -> bool:
    """Return whether a name is one of `COLOURS`, or one of `searched` whose ends differ."""
    return name in COLOURS or (name in _catalogue() and _has_two_ends(name))


def searched() -> Iterator[str]:
    """Iterate over the maps of `cmap` that are offered, as "namespace:name", sorted.

    Each is looked at as it comes, in about 0.3 ms.
    """
    return (name for name in sorted(_catalogue(), key=str.lower) if _has_two_ends(name))


def colours_of(name: str, values: Float64Array) -> Float64Array:
    """Return the colours, (n, 3) sRGB of 0 to 1, of values from -1 to 1, (n,)."""
    values = np.clip(values, -1, 1)
    if name not in COLOURS:
        shades, (low, middle, high) = _shades(name), _ends(name)
        places = np.interp(values, (-1, 0, 1), (low, middle, high))
        found: Float64Array = shades[np.rint(places).astype(int)]
        return found
    sides = [
        np.asarray(Colormap(half.name)(half.faint + (half.full - half.faint) * np.abs(values)))
        for half in COLOURS[name]
    ]
    return np.where(values[:, None] > 0, sides[0][:, :3], sides[1][:, :3])


def ends_of(name: str) -> tuple[Float64Array, Float64Array]:
    """Return the colours of full negative and full positive relevance, sRGB of 0 to 1."""
    low, high = colours_of(name, np.array([-1.0, 1.0]))
    return low, high


@cache
def _catalogue() -> dict[str, str]:
    """Return the categories of cmap's diverging and sequential maps, by their whole name."""
    catalogue = Catalog()
    names = catalogue.unique_keys(prefer_short_names=False)
    kinds = {name: catalogue[name].category for name in names}
    return {name: kind for name, kind in kinds.items() if kind in ("diverging", "sequential")}


@lru_cache(maxsize=16)
def _shades(name: str) -> Float64Array:
    return np.asarray(Colormap(name)(np.linspace(0, 1, _SHADES)))[:, :3]


@cache
def _ends(name: str) -> tuple[int, float, int]:
    """Return the shades of full negative, no and full positive relevance.

    The middle of a diverging map is its own; a sequential one is spread over what is left of it.
    """
    light = lab(_shades(name))[:, 0] >= LEAST_LIGHTNESS
    diverges, half = _catalogue()[name] == "diverging", _SHADES // 2
    below, above = (light[:half], light[half:]) if diverges else (light, light)
    low, high = int(np.argmax(below)), _SHADES - 1 - int(np.argmax(above[::-1]))
    return low, (_SHADES - 1) / 2 if diverges else (low + high) / 2, high


@cache
def _has_two_ends(name: str) -> bool:
    low, high = (lab(end) for end in ends_of(name))
    is_light = min(low[0], high[0]) >= LEAST_LIGHTNESS
    return bool(is_light and ciede2000(low, high) >= LEAST_DIFFERENCE)
