"""Plots of the timeline: curves, marks and cursors, without input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from engine.annotations.bouts import Bout
from engine.types import Float64Array
from engine.utils.frame_ranges import range_text
from engine.utils.score_text import score_curve
from gui.state.curves import CurveSet
from gui.state.peaks import Peak
from gui.theme import theme
from gui.timeline.bout_lanes import BoutLanes
from gui.timeline.evidence_items import EvidenceItems
from gui.timeline.frame_lines import FrameLines
from gui.timeline.time_axis import TimeAxis

_MOST_EDGES = 400
_MOST_DAMAGE = 200
_AXIS_PX = 58
_NO_LIMIT = 16_777_215
_AXES = "share", "bits", "sum"
_ROWS = "bits", "parts"  # have a row of the plots to themselves
_PEAKS = 0.03  # at the bottom, clear of the curves
_STRIP = -0.04  # of the shares: below zero, where no curve goes
KEYS = ("evidence", "bits", "order", "score", "top", "flow", "share", "parts", "peaks")
"""What can be switched."""
USUAL = frozenset({"evidence", "bits", "score", "peaks"})
"""What is shown at first."""
WITHOUT_EVIDENCE = frozenset({"share", "parts", "score", "peaks"})
"""What is shown at first of an analysis without evidence."""


def colour_of(key: str) -> str:
    """Colour of what a key switches, in the theme that is shown."""
    shown = theme.colours()
    named = {"score": shown.score, "bits": shown.static, "parts": shown.static}
    named |= {"top": shown.faint, "flow": shown.text}
    return named.get(key, shown.motion)


class TimelinePlots:
    """Shares, scores and flow above, bits and relevance as motion + static below."""

    def __init__(self) -> None:
        self.view = pg.GraphicsLayoutWidget()
        self.times = TimeAxis()
        self.shares, self.bits, self.sums = (self._plot(row) for row in range(len(_AXES)))
        self.lanes = BoutLanes(self._plot(len(_AXES)))
        self._rows = self.shares, self.bits, self.sums, self.lanes.plot
        self.lanes.plot.setXLink(self.shares)
        self.bits.setXLink(self.shares)
        self.sums.setXLink(self.shares)
        for row, stretch in enumerate((3, 2, 2, 1)):
            self.view.ci.layout.setRowStretchFactor(row, stretch)
        self.view.ci.layout.setSpacing(2)
        self.view.ci.layout.setContentsMargins(4, 0, 9, 2)
        self._has_video = False
        self.damage: list[pg.LinearRegionItem] = []
        self._damaged: tuple[tuple[int, int], ...] = ()
        self.edges = FrameLines([self.shares], -10, _MOST_EDGES)
        self.cuts = FrameLines(
            self._rows, -4, _MOST_EDGES, "Shot cut: another shot begins at {frame}"
        )
        self._make_items()
        self._shown = {key: key in USUAL for key in KEYS}
        for key, shown in self._shown.items():
            self.switch(key, shown)
        self.restyle()

    def set_span(self, frame_count: int) -> None:
        """Span the axis over so many frames."""
        last = max(frame_count - 1, 1)
        self.shares.setLimits(xMin=0, xMax=last, minXRange=min(10, last))
        self.shares.setXRange(0, last, padding=0)
        self._has_video = frame_count > 0
        self._fit_rows()

    def set_curves(self, curves: CurveSet) -> None:
        """Show curves."""
        x = np.arange(curves.start, curves.stop)
        self.evidence.show(curves)
        self._share.setData(x, np.nan_to_num(curves.changing_share))
        self._score.setData(x, score_curve(curves.score, curves.unit))
        for line, k in zip(self._top, curves.top, strict=False):
            line.setData(x, score_curve(curves.probabilities[:, k], curves.unit))
        self._motion.setData(x, curves.motion)
        self._whole.setData(x, curves.relevance)
        for plot in (self.bits, self.sums):
            plot.getAxis("left").setStyle(showValues=True)
        top = float(curves.relevance.max()) if len(x) else 1.0
        self.sums.setYRange(0, top or 1.0, padding=0.05)
        self._sampled.setData(*_strips(curves))
        self._show_peaks(curves.peaks)
        self.edges.show(curves.window_edges)
        self.cuts.show(curves.cuts)

    def set_other(self, curves: CurveSet | None) -> None:
        """Show the shares and score of another analysis, dashed."""
        self.evidence.show_other(curves)
        x = np.zeros(0) if curves is None else np.arange(curves.start, curves.stop)
        empty = np.zeros(0)
        self._other_share.setData(x, empty if curves is None else curves.changing_share)
        score = empty if curves is None else score_curve(curves.score, curves.unit)
        self._other_score.setData(x, score)

    def set_flow(self, start: int, energy: Float64Array) -> None:
        """Show motion in the video, float64 (n,), scaled to the plot's height."""
        most = float(np.nanmax(energy)) if np.isfinite(energy).any() else 1.0
        self._flow.setData(np.arange(start, start + len(energy)), energy / (most or 1.0))

    def clear(self) -> None:
        """Drop the curves of the analysis."""
        lines = (self._share, self._score, self._motion, self._whole, self._sampled, *self._top)
        for item in lines:
            item.setData([], [])
        self.evidence.clear()
        for plot in (self.bits, self.sums):
            plot.getAxis("left").setStyle(showValues=False)
        self._peaks.setData([], [])
        self.edges.show(())
        self.cuts.show(())

    def set_damage(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Hatch ranges of frames, each the first and the one after the last, as damaged."""
        self._damaged = tuple(ranges[:_MOST_DAMAGE])
        for region in self.damage:
            self.shares.removeItem(region)
        self.damage = [self._hatched(first, stop) for first, stop in self._damaged]

    def set_range(self, frames: tuple[int, int] | None) -> None:
        """Tint the chosen range."""
        for region in self._ranges:
            region.setVisible(frames is not None)
            if frames is not None:
                region.setRegion((frames[0] - 0.5, frames[1] - 0.5))

    def set_notes(self, frames: Sequence[int]) -> None:
        """Show a flag at the first frame of each note."""
        self._notes.setData(list(frames), [1.0] * len(frames))

    def set_bouts(self, bouts: Sequence[Bout]) -> None:
        """Show bouts as lanes below."""
        self.lanes.show(bouts)
        self._fit_rows()

    def set_cursor(self, frame: int) -> None:
        """Move the playhead."""
        for cursor in self._cursors:
            cursor.setValue(frame)

    def set_hair(self, frame: int | None) -> None:
        """Show a line at the frame under the pointer."""
        self._hair.setVisible(frame is not None)
        if frame is not None:
            self._hair.setValue(frame)

    def switch(self, key: str, shown: bool) -> None:
        """Show or hide curves."""
        self._shown[key] = shown
        for item in self._items[key]:
            item.setVisible(shown)
        if key in _ROWS:
            self._fit_rows()

    def shows(self, key: str) -> bool:
        """Return whether curves are shown."""
        return self._shown[key]

    def restyle(self) -> None:
        """Draw everything in the colours of the theme that is shown."""
        shown = theme.colours()
        self.view.setBackground(shown.background)
        dash = Qt.PenStyle.DashLine
        self.evidence.restyle()
        self._share.setPen(pg.mkPen(shown.motion, width=1.2, style=Qt.PenStyle.DotLine))
        self._score.setPen(pg.mkPen(shown.score, width=1.5))
        self._other_share.setPen(pg.mkPen(shown.motion, width=1, style=dash))
        self._other_score.setPen(pg.mkPen(shown.score, width=1.2, style=dash))
        self._flow.setPen(pg.mkPen(shown.text, width=1, style=Qt.PenStyle.DotLine))
        self._motion.setPen(pg.mkPen(shown.motion))
        self._motion.setFillBrush(pg.mkBrush(shown.motion))
        self._whole.setPen(pg.mkPen(shown.static))
        self._whole.setFillBrush(pg.mkBrush(shown.static))
        self._sampled.setPen(pg.mkPen(shown.faint, width=3))
        self._peaks.setBrush(pg.mkBrush(shown.motion))
        self._notes.setBrush(pg.mkBrush(shown.static))
        for line in self._top:
            line.setPen(pg.mkPen(shown.faint, width=1))
        for cursor in self._cursors:
            cursor.setPen(pg.mkPen(shown.text, width=1.5))
        self._hair.setPen(pg.mkPen(shown.faint, width=1, style=Qt.PenStyle.DotLine))
        self._restyle_marks()

    def _restyle_marks(self) -> None:
        shown = theme.colours()
        for plot, name in zip(self._rows, (*_AXES, ""), strict=True):
            plot.getAxis("left").setLabel(name, color=shown.faint)
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(shown.border)
                plot.getAxis(side).setTextPen(shown.faint)
        self.times.setPen(shown.border)
        self.times.setTextPen(shown.faint)
        for region in self._ranges:
            region.setBrush(pg.mkBrush(shown.accent + "2e"))
            for line in region.lines:
                line.setPen(pg.mkPen(shown.accent, width=1.5))
        self.lanes.restyle()
        self.edges.restyle(pg.mkPen(shown.border, width=1))
        self.cuts.restyle(pg.mkPen(shown.text, width=2, style=Qt.PenStyle.DashLine))
        self.set_damage(self._damaged)

    def _plot(self, row: int) -> pg.PlotItem:
        axes = {"top": self.times} if row == 0 else {}
        plot = self.view.addPlot(row=row, col=0, axisItems=axes)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        plot.setClipToView(True)
        plot.setDownsampling(auto=True, mode="peak")
        axis = plot.getAxis("left")
        axis.enableAutoSIPrefix(False)
        axis.setWidth(_AXIS_PX)
        axis.setStyle(maxTickLevel=0)
        axis.setTickDensity(0.6)
        if row == 0:
            plot.showAxis("top")
            axis.setTicks([[(0, "0"), (0.5, "50 %"), (1, "100 %")]])
        plot.setYRange(2 * _STRIP if row == 0 else 0, 1, padding=0.02)
        plot.setXRange(0, 1, padding=0)
        plot.getAxis("bottom").setStyle(showValues=False)
        return plot

    def _make_items(self) -> None:
        shares, sums = self.shares, self.sums
        self.evidence = EvidenceItems(shares, self.bits)
        self._share, self._score = shares.plot(), shares.plot()
        self._other_share, self._other_score = shares.plot(), shares.plot()
        self._top = [shares.plot() for _ in range(3)]
        self._flow = shares.plot()
        self._whole, self._motion = sums.plot(fillLevel=0), sums.plot(fillLevel=0)
        self._sampled = shares.plot(connect="finite")
        self._peaks = pg.ScatterPlotItem(symbol="t1", size=8, pen=None)
        self._notes = pg.ScatterPlotItem(symbol="s", size=9, pen=None)
        for marks in (self._peaks, self._notes):
            shares.addItem(marks)
        found = self.evidence
        self._items = {
            "evidence": [found.share, found.band, found.other],
            "bits": found.stack,
            "order": [found.order],
            "share": [self._share, self._other_share],
            "score": [self._score, self._other_score],
            "top": self._top,
            "flow": [self._flow],
            "parts": [self._whole, self._motion],
            "peaks": [self._peaks],
        }
        self._make_cursors()

    def _make_cursors(self) -> None:
        self._cursors = [pg.InfiniteLine(0) for _ in self._rows]
        self._ranges = [pg.LinearRegionItem(movable=False) for _ in self._rows]
        for plot, cursor, region in zip(self._rows, self._cursors, self._ranges, strict=True):
            region.setZValue(-8)
            region.hide()
            plot.addItem(region)
            plot.addItem(cursor)
        self._hair = pg.InfiniteLine(0)
        self._hair.hide()
        self.shares.addItem(self._hair)

    def _fit_rows(self) -> None:
        """Give the room of a row that shows nothing to the others."""
        switched = {"bits": self.bits, "parts": self.sums}
        hidden = [plot for key, plot in switched.items() if not self._shown[key]]
        hidden += [] if self.lanes.wanted_px else [self.lanes.plot]
        shown = [plot for plot in self._rows if plot not in hidden]
        for plot in self._rows:
            plot.setVisible(plot in shown)
            plot.setMaximumHeight(_NO_LIMIT if plot in shown else 0)
            last = plot is shown[-1] and self._has_video
            plot.getAxis("bottom").setStyle(showValues=last)
        self.fit_lanes()

    def fit_lanes(self) -> None:
        """Give the lanes of bouts their part of the height that there is."""
        self.lanes.fit(self.view.height())

    def _show_peaks(self, peaks: Sequence[Peak]) -> None:
        self._peaks.setData([peak.frame for peak in peaks], [_PEAKS] * len(peaks))

    def _hatched(self, first: int, stop: int) -> pg.LinearRegionItem:
        brush = pg.mkBrush(theme.colours().damage)
        brush.setStyle(Qt.BrushStyle.BDiagPattern)
        pen = pg.mkPen(theme.colours().damage)
        region = pg.LinearRegionItem((first - 0.5, stop - 0.5), movable=False, brush=brush, pen=pen)
        region.setZValue(-5)
        region.setToolTip(f"Damaged in the file: frames {range_text(first, stop)}")
        self.shares.addItem(region)
        return region


def _strips(curves: CurveSet) -> tuple[Float64Array, Float64Array]:
    """Return a strip below the shares that marks interpolated frames."""
    if curves.sampled.all():
        return np.zeros(0), np.zeros(0)
    x = np.arange(curves.start, curves.stop, dtype=np.float64)
    return x, np.where(curves.sampled, np.nan, _STRIP)
