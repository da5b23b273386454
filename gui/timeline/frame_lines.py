"""Vertical lines of one kind at frames of the timeline: window edges, shot cuts."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtGui import QPen


class FrameLines:
    """Lines at frames, none where there are too many to tell apart.

    Parameters
    ----------
    plots : sequence of PlotItem
        Each has a line at every frame.
    depth : int
        Behind the curves below 0.
    most : int
        Frames beyond which nothing is drawn.
    text : str
        What is said of a line under the pointer, with ``{frame}`` in it; nothing if empty.
    """

    def __init__(self, plots: Sequence[pg.PlotItem], depth: int, most: int, text: str = "") -> None:
        self._plots, self._depth, self._most, self._text = plots, depth, most, text
        self._pen = pg.mkPen(None)
        self._lines: list[list[pg.InfiniteLine]] = []
        self.frames: list[int] = []

    def show(self, frames: Sequence[int]) -> None:
        """Draw lines before these frames, in place of those before."""
        self.frames = list(frames) if len(frames) <= self._most else []
        for lines in self._lines[len(self.frames) :]:
            for plot, line in zip(self._plots, lines, strict=True):
                plot.removeItem(line)
        del self._lines[len(self.frames) :]
        for _ in self.frames[len(self._lines) :]:
            self._lines.append([self._line(plot) for plot in self._plots])
        for frame, lines in zip(self.frames, self._lines, strict=True):
            for line in lines:
                line.setValue(frame)
                line.setToolTip(self._text.format(frame=frame))

    def restyle(self, pen: QPen) -> None:
        """Draw with another pen."""
        self._pen = pen
        for lines in self._lines:
            for line in lines:
                line.setPen(pen)

    def _line(self, plot: pg.PlotItem) -> pg.InfiniteLine:
        line = pg.InfiniteLine(0, pen=self._pen)
        line.setZValue(self._depth)
        plot.addItem(line)
        return line
