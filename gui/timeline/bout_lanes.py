"""Bouts as lanes under the curves: a lane for each behaviour and subject."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics

from engine.annotations.bouts import Bout, lanes_of
from gui.theme import theme

_LANE_PX = 15
_NAMED_PX = 11
"""Lanes less high than this have no names beside them."""
_AXIS_PX = 20
_MOST_LANES = 8
"""Lanes that are drawn at full height; more of them share it."""
_MOST_SHARE = 0.45
"""Of the plots' height: curves keep the rest."""
_NAME_PX = 46


class BoutLanes:
    """A plot whose rows are lanes, from the top down in the order of their first bout.

    Parameters
    ----------
    plot : PlotItem
        Its x is the frame.
    """

    def __init__(self, plot: pg.PlotItem) -> None:
        self.plot = plot
        self.bouts: tuple[Bout, ...] = ()
        self._bars: list[pg.BarGraphItem] = []
        self._axis = plot.getAxis("left")
        self._axis.setStyle(hideOverlappingLabels=False)

    @property
    def wanted_px(self) -> int:
        """Height that the lanes would like, the axis below included; 0 without bouts."""
        lanes = min(len(self._bars), _MOST_LANES)
        return lanes * _LANE_PX + _AXIS_PX if lanes else 0

    def fit(self, room_px: int) -> None:
        """Take what the lanes want of the height of all plots, or the share that they may have."""
        height = min(self.wanted_px, round(_MOST_SHARE * room_px))
        self.plot.setMinimumHeight(height)
        self.plot.setMaximumHeight(height)
        lanes = lanes_of(self.bouts)
        count = len(lanes)
        has_names = count and (height - _AXIS_PX) / count >= _NAMED_PX
        names = [label for _, label in lanes] if has_names else []
        ticks = [(count - i - 0.5, self._elided(name)) for i, name in enumerate(names)]
        self._axis.setTicks([ticks])

    def show(self, bouts: Sequence[Bout]) -> None:
        """Show bouts in place of those before."""
        for bar in self._bars:
            self.plot.removeItem(bar)
        self.bouts = tuple(sorted(bouts))
        lanes = lanes_of(self.bouts)
        count = len(lanes)
        self._bars = [_bars(lane, count - i - 1) for i, lane in enumerate(lanes.values())]
        for bar in self._bars:
            self.plot.addItem(bar)
        self.plot.setYRange(0, max(count, 1), padding=0)
        self.restyle()

    def restyle(self) -> None:
        """Draw in the colours of the theme that is shown."""
        shown = theme.colours()
        fills = shown.faint, shown.disabled
        for i, bar in enumerate(self._bars):
            bar.setOpts(brush=pg.mkBrush(fills[i % 2]), pen=pg.mkPen(shown.background))

    def _elided(self, name: str) -> str:
        font = self._axis.style["tickFont"] or self._axis.font()
        return QFontMetrics(font).elidedText(name, Qt.TextElideMode.ElideRight, _NAME_PX)

    def texts_at(self, frame: int) -> list[str]:
        """Return the bouts on a frame in words."""
        here = [bout for bout in self.bouts if bout.first <= frame < bout.stop]
        return [f"{bout.subject}: {bout.label}" if bout.subject else bout.label for bout in here]


def _bars(lane: Sequence[Bout], row: int) -> pg.BarGraphItem:
    """Return the bouts of a lane; one begins half a frame before the place of its first."""
    left = np.array([bout.first for bout in lane]) - 0.5
    right = np.array([bout.stop for bout in lane]) - 0.5
    return pg.BarGraphItem(x0=left, x1=right, y0=row + 0.12, y1=row + 0.88)
