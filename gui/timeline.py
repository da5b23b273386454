"""Curves per frame under the panes; click or drag to seek."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.types import Float64Array
from gui import theme
from gui.curves import CurveSet

_MOST_EDGES = 400
_MOST_DAMAGE = 200


class Timeline(QWidget):
    """Motion share and class score above, relevance as motion + static below.

    Signals
    -------
    frame_requested(frame) : int
        The user clicked on or dragged to a frame.
    """

    frame_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: CurveSet | None = None
        self._frame_count = 0
        self._edges: list[pg.InfiniteLine] = []
        self.damage: list[pg.LinearRegionItem] = []
        self._view = pg.GraphicsLayoutWidget()
        self._view.setBackground(theme.colours().background)
        self._view.viewport().installEventFilter(self)
        self.shares = self._plot(0, "share")
        self.sums = self._plot(1, "sum")
        self.sums.setXLink(self.shares)
        self._view.ci.layout.setRowStretchFactor(0, 3)
        self._view.ci.layout.setRowStretchFactor(1, 2)
        self._add_curves()
        self.readout = QLabel("Motion share and score per frame appear here")
        self.readout.setObjectName("faint")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(0)
        layout.addWidget(self.readout)
        layout.addWidget(self._view)
        self.setMinimumHeight(190)

    def set_video(self, frame_count: int) -> None:
        """Span the axis over a video and drop the curves."""
        self.set_frame_count(frame_count)
        self.set_damage(())
        self.clear()

    def set_frame_count(self, frame_count: int) -> None:
        """Span the axis over more frames of the same video."""
        self._frame_count = frame_count
        last = max(frame_count - 1, 1)
        self.shares.setLimits(xMin=0, xMax=last)
        self.shares.setXRange(0, last, padding=0)
        self.sums.getAxis("bottom").setStyle(showValues=frame_count > 0)

    def set_damage(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Hatch ranges of frames, each the first and the one after the last, as damaged."""
        for region in self.damage:
            self.shares.removeItem(region)
        self.damage = [self._hatched(first, stop) for first, stop in ranges[:_MOST_DAMAGE]]

    def clear(self) -> None:
        """Drop the curves."""
        self._curves = None
        for item in (self._share, self._share_ground, self._score, self._motion, self._whole):
            item.setData([], [])
        self._mark_edges([])
        self.readout.setText("Motion share and score per frame appear here")

    def set_curves(self, curves: CurveSet) -> None:
        """Show curves, which may still grow."""
        self._curves = curves
        x = np.arange(curves.start, curves.start + len(curves.motion_share))
        share = np.nan_to_num(curves.motion_share)
        self._share.setData(x, share)
        self._share_ground.setData(x, np.zeros(len(x)))
        self._score.setData(x, curves.score)
        self._motion.setData(x, curves.motion)
        self._whole.setData(x, curves.relevance)
        self._ground.setData(x, np.zeros(len(x)))
        top = float(curves.relevance.max()) if len(x) else 1.0
        self.sums.setYRange(0, top or 1.0, padding=0.05)
        self._mark_edges(curves.window_edges)

    def set_frame(self, frame: int) -> None:
        """Move the cursor."""
        for cursor in self._cursors:
            cursor.setValue(frame)
        self._read_out(frame)

    def _plot(self, row: int, name: str) -> pg.PlotItem:
        plot = self._view.addPlot(row=row, col=0)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        axis = plot.getAxis("left")
        axis.enableAutoSIPrefix(False)
        axis.setWidth(62)
        axis.setLabel(name, color=theme.colours().faint)
        axis.setStyle(maxTickLevel=0)
        for side in ("left", "bottom"):
            plot.getAxis(side).setPen(theme.colours().border)
            plot.getAxis(side).setTextPen(theme.colours().faint)
        plot.setYRange(0, 1, padding=0.02)
        plot.setXRange(0, 1, padding=0)
        plot.getAxis("bottom").setStyle(showValues=False)
        return plot

    def _add_curves(self) -> None:
        self._share_ground = self.shares.plot()
        self._share = self.shares.plot(pen=pg.mkPen(theme.colours().motion, width=2))
        dashes = pg.mkPen(theme.colours().score, width=1.5, style=Qt.PenStyle.DashLine)
        self._score = self.shares.plot(pen=dashes)
        self._ground = self.sums.plot()
        self._motion = self.sums.plot(pen=pg.mkPen(theme.colours().motion))
        self._whole = self.sums.plot(pen=pg.mkPen(theme.colours().static))
        for plot, low, high, colour in (
            (self.shares, self._share_ground, self._share, theme.colours().motion + "55"),
            (self.sums, self._ground, self._motion, theme.colours().motion + "cc"),
            (self.sums, self._motion, self._whole, theme.colours().static + "aa"),
        ):
            plot.addItem(pg.FillBetweenItem(low, high, brush=pg.mkBrush(colour)))
        self._cursors = []
        for plot in (self.shares, self.sums):
            cursor = pg.InfiniteLine(0, pen=pg.mkPen(theme.colours().text, width=1.5))
            plot.addItem(cursor)
            self._cursors.append(cursor)

    def _hatched(self, first: int, stop: int) -> pg.LinearRegionItem:
        brush = pg.mkBrush(theme.colours().damage)
        brush.setStyle(Qt.BrushStyle.BDiagPattern)
        region = pg.LinearRegionItem(
            (first - 0.5, stop - 0.5),
            movable=False,
            brush=brush,
            pen=pg.mkPen(theme.colours().damage),
        )
        region.setZValue(-5)
        region.setToolTip(f"Damaged in the file: frames {first} to {stop - 1}")
        self.shares.addItem(region)
        return region

    def _mark_edges(self, frames: list[int]) -> None:
        wanted = frames if len(frames) <= _MOST_EDGES else []
        for line in self._edges[len(wanted) :]:
            self.shares.removeItem(line)
        del self._edges[len(wanted) :]
        for frame in wanted[len(self._edges) :]:
            line = pg.InfiniteLine(frame, pen=pg.mkPen(theme.colours().border, width=1))
            line.setZValue(-10)
            self.shares.addItem(line)
            self._edges.append(line)
        for line, frame in zip(self._edges, wanted, strict=True):
            line.setValue(frame)

    def _read_out(self, frame: int) -> None:
        curves = self._curves
        if curves is None:
            return
        i = frame - curves.start
        if not 0 <= i < len(curves.motion_share):
            self.readout.setText(f"Frame {frame}: not explained yet")
            return
        self.readout.setText(
            f"Frame {frame}:"
            f"  <span style='color:{theme.colours().motion}'>&#9632; motion share "
            f"{_percent(curves.motion_share, i)}</span>"
            f"  <span style='color:{theme.colours().score}'>&#9632; score of "
            f"{curves.labels[int(curves.targets[i])]} {_percent(curves.score, i)}</span>"
            f"  <span style='color:{theme.colours().motion}'>&#9632; motion {curves.motion[i]:.3g}</span> + "
            f"<span style='color:{theme.colours().static}'>static {curves.static[i]:.3g}</span>"
            f" = relevance {curves.relevance[i]:.3g}"
        )

    def _seek(self, event: QMouseEvent) -> None:
        point = self._view.mapToScene(event.position().toPoint())
        x = self.shares.vb.mapSceneToView(point).x()
        if self._frame_count:
            self.frame_requested.emit(max(0, min(round(x), self._frame_count - 1)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Turn presses and drags with the left button into seeks."""
        kinds = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove)
        if isinstance(event, QMouseEvent) and event.type() in kinds:
            if event.buttons() & Qt.MouseButton.LeftButton:
                self._seek(event)
            return True
        return super().eventFilter(watched, event)


def _percent(values: Float64Array, index: int) -> str:
    value = values[index]
    return f"{value:.0%}" if np.isfinite(value) else "-"
