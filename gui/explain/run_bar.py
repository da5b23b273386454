"""The Explain button with an estimate before the run and progress during it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from engine.types import Progress
from engine.utils.durations import duration_text
from engine.utils.frame_ranges import range_text
from gui.widgets.form_widgets import SPACING, hint_label, vbox
from gui.widgets.plain_text import PlainLabel
from gui.widgets.single_click import SingleClickButton

_FIGURE_SPACE = "\u2007"  # as wide as a digit: numbers that grow do not move what follows
_BAR_PX = 8


def progress_text(progress: Progress) -> str:
    """Return progress in words: "Explaining: 3 of 18, 12 s left"."""
    left = left_text(progress)
    return f"{done_text(progress)}, {left}" if left else done_text(progress)


def done_text(progress: Progress) -> str:
    """Return the work done in a text of constant width: "Explaining:  3 of 18"."""
    if not progress.total:
        return progress.stage
    if "Downloading" in progress.stage:
        return f"{progress.stage}: {_padded(f'{progress.done / progress.total:.0%}', 4)}"
    total = str(progress.total)
    return f"{progress.stage}: {_padded(str(progress.done), len(total))} of {total}"


def left_text(progress: Progress) -> str:
    """Return the time left, "12 s left", or "" if unknown."""
    return "" if progress.seconds_left is None else f"{duration_text(progress.seconds_left)} left"


def _padded(number: str, width: int) -> str:
    return number.rjust(width, _FIGURE_SPACE)


class RunBar(QWidget):
    """Explain or Cancel, the progress, and a line of words above.

    Signals
    -------
    started(), cancelled()
        The buttons.
    """

    started = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._idle_text = ""
        self._busy = False
        self._make_widgets()
        self._lay_out()
        self.explain.clicked.connect(self.started)
        self.cancel.clicked.connect(self._on_cancel_clicked)

    def show_idle(self, text: str) -> None:
        """Set the text shown while idle: an estimate, or a missing video."""
        self._idle_text = text
        if not self._busy:
            self.status.setText(text)

    def show_frames(self, frames: tuple[int, int], *, whole: bool) -> None:
        """Name the frames that the button explains: the first, and the one after the last."""
        text = range_text(*frames)
        self.explain.setText("Explain" if whole else f"Explain {text}")
        self.explain.setToolTip(f"Explain frames {text} (Ctrl+Return)")

    def show_busy(self, busy: bool) -> None:
        """Switch between Explain and Cancel."""
        self._busy = busy
        self.explain.setVisible(not busy)
        self.cancel.setVisible(busy)
        self.cancel.setEnabled(busy)
        self.progress.setVisible(busy)
        self.progress.setRange(0, 0)
        self.status.setText("Starting" if busy else self._idle_text)
        self.left.setText("")

    def show_progress(self, progress: Progress) -> None:
        """Show stage, windows done and time left."""
        self.progress.setRange(0, progress.total)
        self.progress.setValue(progress.done)
        if self.cancel.isEnabled():  # else it says that it stops, until it has
            self.status.setText(done_text(progress))
            self.left.setText(left_text(progress))

    def _make_widgets(self) -> None:
        self.explain = SingleClickButton("Explain")
        self.explain.setObjectName("primary")
        self.explain.setToolTip("Explain the chosen frames (Ctrl+Return)")
        self.explain.setEnabled(False)
        self.cancel = SingleClickButton("Cancel")
        self.cancel.setToolTip("Stop after the window that is being explained")
        self.cancel.hide()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(_BAR_PX)
        self.progress.setAccessibleName("Progress")
        self.progress.hide()
        self.status = hint_label()
        self.left = PlainLabel()
        self.left.setObjectName("faint")

    def _lay_out(self) -> None:
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # or the button would move under the pointer
        self.progress.setSizePolicy(policy)
        words = QHBoxLayout()
        words.addWidget(self.status, 1)
        words.addWidget(self.left, 0, Qt.AlignmentFlag.AlignBottom)
        vbox(self, words, self.progress, self.explain, self.cancel, spacing=SPACING // 2)

    @Slot()
    def _on_cancel_clicked(self) -> None:
        self.cancel.setEnabled(False)
        self.status.setText("Stopping after this window")
        self.left.setText("")
        self.cancelled.emit()
