"""Pictures of frames and relevance, the same for the window and for exported clips. No torch."""

from engine.render.colour_maps import COLOURS, is_colour_map, searched
from engine.render.heat_colours import (
    DEFAULT_GAMMA,
    DEFAULT_LOOK,
    DEFAULT_OPACITY,
    GROUNDS,
    PERCENTILES,
    POLARITIES,
    Ground,
    HeatLook,
    Polarity,
    colour_bar,
)
from engine.render.heat_overlay import (
    heat_ground,
    heat_index,
    heat_on,
    overlay,
    overlay_on,
    pixel_box,
    with_unseen,
)

__all__ = [
    "COLOURS",
    "DEFAULT_GAMMA",
    "DEFAULT_LOOK",
    "DEFAULT_OPACITY",
    "GROUNDS",
    "PERCENTILES",
    "POLARITIES",
    "Ground",
    "HeatLook",
    "Polarity",
    "colour_bar",
    "heat_ground",
    "heat_index",
    "heat_on",
    "is_colour_map",
    "overlay",
    "overlay_on",
    "pixel_box",
    "searched",
    "with_unseen",
]
