"""Checks of the map that is shown: what it calls motion frozen, and still frames explained."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QPushButton, QWidget

from engine.types import separation_text
from engine.what_if.checks import Cost, FreezeCheck, StillSplit
from gui.what_if.deletion_curves import DeletionCurves
from gui.widgets.form_widgets import hint_label, later_heading, scroll_into_view, vbox
from gui.widgets.picture_strip import PictureStrip
from gui.widgets.plain_text import PlainLabel
from gui.widgets.score_bars import Pair, ScoreBars, percent

_VERDICTS: dict[Cost, str] = {
    "more": "The model needs what the map calls motion more than other places.",
    "as much": "What the map calls motion matters no more than other places.",
    "less": "What the map calls motion matters less than other places: do not trust this map.",
    "nothing": "All of it can be frozen at no cost: the model does not need the movement here.",
}


class FreezeView(QWidget):
    """Scores of a class with parts of the clip frozen, and what follows for the map."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verdict = PlainLabel()
        self.verdict.setWordWrap(True)
        self.bars, self.curves, self.about = (
            ScoreBars("Original", "Frozen"),
            DeletionCurves(),
            hint_label(),
        )
        vbox(self, self.verdict, self.bars, self.curves, self.about)
        self.hide()

    def show_check(self, check: FreezeCheck) -> None:
        """Show a check."""
        parts = {"Motion": check.motion, "Others at random": check.others, "Static": check.static}
        self.verdict.setText(_VERDICTS[check.cost])
        self.bars.show_pairs([Pair(name, check.original, now) for name, now in parts.items()])
        self.curves.show_check(check)
        windows = "one window" if check.windows == 1 else f"{check.windows} windows, their mean"
        self.about.setText(
            f"Score of {check.label} with {percent(check.share)} of the voxels frozen at the "
            f"window's middle frame; others in like patches, mean of {check.draws} draws. "
            f"Map: {separation_text(check.preset, check.sigma)}; {windows}."
        )
        self.show()


class StillsView(QWidget):
    """The frozen-frame split of a window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.verdict = PlainLabel()
        self.verdict.setWordWrap(True)
        self.pictures, self.about = PictureStrip(), hint_label()
        vbox(self, self.verdict, self.pictures, self.about)
        self.hide()

    def show_split(self, split: StillSplit) -> None:
        """Show a split."""
        share = split.temporal_share
        if math.isfinite(share):
            text = f"{percent(share)} of the relevance is in no still frame: it is temporal."
        else:
            text = "There is no relevance in this window."
        self.verdict.setText(text)
        self.pictures.show_pictures(split.pictures, [str(f) for f in split.picture_frames])
        named = f" of {split.label}" if split.label else ""
        self.about.setText(
            f"The temporal part{named} by {split.method}, frames {split.first} to "
            f"{split.stop - 1}. A share of a map, not of the evidence."
        )
        self.show()


class MapChecks(QWidget):
    """Buttons and results of both.

    Signals
    -------
    freezing_requested(), split_requested()
    """

    freezing_requested = Signal()
    split_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.freeze, self.split = QPushButton("Freeze what moves"), QPushButton("Split by stills")
        self.freezing, self.stills = FreezeView(), StillsView()
        does = hint_label(
            "Does the model need what the map calls motion? Freeze it, and as much elsewhere."
        )
        stays = hint_label(
            "What of the relevance is not there in still frames? Explains each; takes long."
        )
        first, second = later_heading("Is the map right?"), later_heading("Still frames")
        vbox(self, first, does, self.freeze, self.freezing, second, stays, self.split, self.stills)
        self.freeze.clicked.connect(self._on_freeze_clicked)
        self.split.clicked.connect(self._on_split_clicked)

    def enable(self, *, idle: bool, has_analysis: bool) -> None:
        """Offer what can be done: the first needs an analysis."""
        self.freeze.setEnabled(idle and has_analysis)
        self.freeze.setToolTip("" if has_analysis else "Explain the video first")
        self.split.setEnabled(idle)

    def show_result(self, result: FreezeCheck | StillSplit) -> None:
        """Show what came back of either."""
        if isinstance(result, FreezeCheck):
            self.freezing.show_check(result)
            scroll_into_view(self.freezing)
        else:
            self.stills.show_split(result)
            scroll_into_view(self.stills)

    def clear(self) -> None:
        """Remove the results."""
        self.freezing.hide()
        self.stills.hide()

    @Slot()
    def _on_freeze_clicked(self) -> None:
        self.freezing_requested.emit()

    @Slot()
    def _on_split_clicked(self) -> None:
        self.split_requested.emit()
