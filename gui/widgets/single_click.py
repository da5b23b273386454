"""A button that may change places with another while it is clicked."""

from __future__ import annotations

from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QPushButton


class SingleClickButton(QPushButton):
    """A button that leaves the second half of a double click alone.

    Where a click puts Cancel in the place of Explain, a double click would start and cancel.
    """

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Do nothing: the first half has been answered."""
        event.accept()
