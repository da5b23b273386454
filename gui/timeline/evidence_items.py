"""Curves of evidence in the timeline: the share with its interval, bits in three bands, order."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from engine.evidence.summary import EvidenceCurves
from engine.types import Float64Array
from gui.state.curves import CurveSet
from gui.theme import theme

_LEAST_BITS = 0.1
"""Top of the axis at the least, so that evidence shown as 0.00 does not fill it."""


class EvidenceItems:
    """Share of movement with its interval, order evidence, and bits stacked.

    Parameters
    ----------
    shares : PlotItem
        Has the share, 0 to 1, and the order evidence, scaled to it.
    bits : PlotItem
        Has the bits: movement at the bottom, one picture on top.
    """

    def __init__(self, shares: pg.PlotItem, bits: pg.PlotItem) -> None:
        self._bits = bits
        self.share, self.other = (shares.plot(connect="finite") for _ in range(2))
        self.low, self.high = (shares.plot(connect="finite") for _ in range(2))
        self.band = pg.FillBetweenItem(self.low, self.high)
        self.band.setZValue(-6)
        shares.addItem(self.band)
        self.order = shares.plot(connect="finite")
        self.stack = [bits.plot(fillLevel=0) for _ in range(3)]

    def show(self, curves: CurveSet) -> None:
        """Show the evidence of curves, which may have none."""
        if curves.evidence is None:
            self.clear()
            return
        found, x = curves.evidence.curves, np.arange(curves.start, curves.stop, dtype=np.float64)
        x = x[: len(found.share)]
        for item, values in ((self.share, found.share), (self.low, found.low)):
            item.setData(x, values[: len(x)])
        self.high.setData(x, found.high[: len(x)])
        most = _most(found.order_bits)
        self.order.setData(x, found.order_bits[: len(x)] / most)
        sums = _stacked(found)
        for item, values in zip(self.stack, reversed(sums), strict=True):
            item.setData(x, values[: len(x)])
        top = max(_most(sums[-1]), _LEAST_BITS)
        self._bits.setYRange(0, top, padding=0.05)
        self._bits.getAxis("left").setTicks([[(0, "0"), (top, f"{top:.3g}")]])

    def show_other(self, curves: CurveSet | None) -> None:
        """Show the share of another analysis, dashed."""
        if curves is None or curves.evidence is None:
            self.other.setData([], [])
            return
        share = curves.evidence.curves.share
        self.other.setData(np.arange(curves.start, curves.start + len(share)), share)

    def clear(self) -> None:
        """Drop the curves."""
        for item in (self.share, self.low, self.high, self.order, *self.stack):
            item.setData([], [])

    def restyle(self) -> None:
        """Draw in the colours of the theme that is shown."""
        shown = theme.colours()
        self.share.setPen(pg.mkPen(shown.motion, width=2))
        self.other.setPen(pg.mkPen(shown.motion, width=1.5, style=Qt.PenStyle.DashLine))
        for edge in (self.low, self.high):
            edge.setPen(pg.mkPen(None))
        self.band.setBrush(pg.mkBrush(shown.motion + "3c"))
        self.order.setPen(pg.mkPen(shown.motion, width=1.2, style=Qt.PenStyle.DashDotLine))
        for item, colour in zip(
            self.stack, (shown.static, shown.several, shown.motion), strict=True
        ):
            item.setPen(pg.mkPen(colour))
            item.setFillBrush(pg.mkBrush(colour))


def _most(values: Float64Array) -> float:
    """Return the highest value, or 1 where there is none above 0."""
    finite = values[np.isfinite(values)]
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def _stacked(curves: EvidenceCurves) -> list[Float64Array]:
    """Return movement, with several pictures on it, and one picture on both."""
    parts = (curves.order_bits, curves.frames_bits, curves.still_bits)
    return list(np.cumsum(np.nan_to_num(np.stack(parts)), axis=0))
