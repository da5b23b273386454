"""The largest motion peaks of a clip, as a list of links."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from gui.state.peaks import Peak

_MOST = 6


class PeakList(QListWidget):
    """Lists motion peaks, the largest first. A click or Enter goes to one.

    Signals
    -------
    frame_requested(frame) : int
    """

    frame_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Motion peaks")
        self.setToolTip("Return: next motion peak, Shift+Return: previous motion peak")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._peaks: tuple[Peak, ...] = ()
        self.itemClicked.connect(self._on_item_clicked)
        self.show_peaks(())

    def show_peaks(self, peaks: Sequence[Peak]) -> None:
        """List the largest peaks, leaving the same ones untouched."""
        largest = tuple(sorted(peaks, key=lambda peak: -peak.changing_share)[:_MOST])
        if largest == self._peaks and self.count():
            return
        self._peaks = largest
        self.clear()
        for peak in largest:
            text = f"frame {peak.frame}: {peak.changing_share:.0%} changing"
            item = QListWidgetItem(text, self)
            item.setData(Qt.ItemDataRole.UserRole, peak.frame)
        self.setVisible(bool(largest))
        row_px = self.sizeHintForRow(0) if largest else 0
        self.setFixedHeight(row_px * len(largest) + 2 * self.frameWidth() + 2)

    @Slot(QListWidgetItem)
    def _on_item_clicked(self, item: QListWidgetItem) -> None:
        self.frame_requested.emit(item.data(Qt.ItemDataRole.UserRole))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the current peak on Enter."""
        item = self.currentItem()
        if item is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_item_clicked(item)
        else:
            super().keyPressEvent(event)
