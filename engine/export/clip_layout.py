"""Layout of a clip's picture, in pixels."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import ExportError
from engine.render.export_clip_settings import ClipSettings, Layout
from engine.render.panes import PANES

MOST_SIDE_PX = 4096
LEAST_WIDTH_PX = 640
MARGIN_PX, GAP_PX, TITLE_PX, BAR_PX = 12, 8, 26, 74
TIMELINE_PX = 240
_HEADLINE_PX, _NUMBERS_PX = 36, 28
_USUAL_WIDTH_PX = 1920
_ROUNDING = 1e-6  # a height that was asked for is not to become one pixel less


@dataclass(frozen=True, slots=True)
class ClipLayout:
    """Places in the picture of a clip, all sizes even.

    Attributes
    ----------
    size : (int, int)
        Width and height of the picture.
    pane : (int, int)
        Width and height of the video in each pane.
    corners : tuple of (int, int)
        Left upper corner of the video in each pane; its title stands above.
    numbers_top : int
        Top of the line of numbers; -1 without it.
    timeline_top : int
        Top of the timeline; the height of the picture without it.
    has_bar : bool
        Whether a colour bar stands right of the panes.
    """

    size: tuple[int, int]
    pane: tuple[int, int]
    corners: tuple[tuple[int, int], ...]
    numbers_top: int
    timeline_top: int
    has_bar: bool

    @property
    def panes_left(self) -> int:
        """Left edge of the panes."""
        return min(left for left, _ in self.corners)

    @property
    def panes_right(self) -> int:
        """Right edge of the panes."""
        return max(left for left, _ in self.corners) + self.pane[0]

    @property
    def panes_bottom(self) -> int:
        """Lower edge of the panes."""
        return max(top for _, top in self.corners) + self.pane[1]


def clip_layout(look: ClipSettings, source: tuple[int, int]) -> ClipLayout:
    """Lay out a clip of a video of (width, height) as it is shown.

    Raises
    ------
    ExportError
        If the picture would be more than `MOST_SIDE_PX` wide or high.
    """
    columns = columns_of(len(look.panes), look.layout)
    rows = -(-len(look.panes) // columns)
    has_bar = any(PANES[pane].has_scale for pane in look.panes)
    pane = pane_size(source, columns, look.pane_height_px, has_bar=has_bar)
    head = _HEADLINE_PX + (_NUMBERS_PX if look.numbers else 0)
    block = columns * (pane[0] + GAP_PX) - GAP_PX
    width = max(block + (BAR_PX if has_bar else 0) + 2 * MARGIN_PX, LEAST_WIDTH_PX)
    timeline_top = head + rows * (TITLE_PX + pane[1]) + GAP_PX
    height = timeline_top + (TIMELINE_PX + MARGIN_PX if look.timeline else MARGIN_PX)
    size = _checked((width + width % 2, height + height % 2))
    left = (size[0] - block - (BAR_PX if has_bar else 0)) // 2
    corners = tuple(
        (
            left + (i % columns) * (pane[0] + GAP_PX),
            head + TITLE_PX + (i // columns) * (TITLE_PX + pane[1]),
        )
        for i in range(len(look.panes))
    )
    numbers_top = _HEADLINE_PX if look.numbers else -1
    bottom = timeline_top if look.timeline else size[1]
    return ClipLayout(size, pane, corners, numbers_top, bottom, has_bar)


def columns_of(count: int, layout: Layout) -> int:
    """Return the number of panes side by side."""
    return {"row": count, "column": 1, "grid": min(count, 2 if count < 5 else 3)}[layout]


def pane_size(
    source: tuple[int, int], columns: int, height_px: int | None = None, *, has_bar: bool = True
) -> tuple[int, int]:
    """Return the size of a pane: that asked for, or 240 to 360 px high within 1920 px in all."""
    width, height = source
    factor = (height_px or min(max(height, 240), 360)) / height
    if height_px is None:
        room = _USUAL_WIDTH_PX - (BAR_PX if has_bar else 0) - 2 * MARGIN_PX
        factor = min(factor, (room - (columns - 1) * GAP_PX) / columns / width)
    return max(int(width * factor + _ROUNDING), 2), max(int(height * factor + _ROUNDING), 2)


def _checked(size: tuple[int, int]) -> tuple[int, int]:
    if max(size) <= MOST_SIDE_PX:
        return size
    raise ExportError(
        f"The picture would be {size[0]}x{size[1]} pixels; {MOST_SIDE_PX} are the most on a side.",
        "Choose smaller or fewer panes, or another layout.",
    )
