"""The log of this run in a window: as it is written, by level, searched, copied."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from gui.widgets.form_widgets import SPACING, hint_label

MOST_LINES = 5_000
_FORMAT = "%(asctime)s  %(levelname)-8s %(name)s: %(message)s"
_LEVELS = (logging.NOTSET, logging.INFO, logging.WARNING, logging.ERROR)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One message: its level as in `logging`, and its text with what belongs to it."""

    level: int
    text: str


class LogBuffer(QObject):
    """The latest messages of all threads. Made in the GUI thread at start.

    Signals
    -------
    added(line) : LogLine
        In the GUI thread, whatever thread has logged it.
    """

    added = Signal(object)
    _logged = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: deque[LogLine] = deque(maxlen=MOST_LINES)
        # queued also from the GUI thread: what is logged while painting must not change widgets
        self._logged.connect(self._on_logged, Qt.ConnectionType.QueuedConnection)
        self._handler = _Handler(self)
        logging.getLogger().addHandler(self._handler)

    def close(self) -> None:
        """Listen no more."""
        logging.getLogger().removeHandler(self._handler)
        self._handler.close()

    @Slot(object)
    def _on_logged(self, line: LogLine) -> None:
        self.lines.append(line)
        self.added.emit(line)


class _Handler(logging.Handler):
    """Hands each message over to the buffer, as text: a record may hold on to arrays."""

    def __init__(self, buffer: LogBuffer) -> None:
        super().__init__()
        self._buffer = buffer
        self.setFormatter(logging.Formatter(_FORMAT, "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Send a message."""
        try:
            self._buffer._logged.emit(LogLine(record.levelno, self.format(record)))
        except Exception:  # noqa: BLE001 - every library has its own; no picture came
            self.handleError(record)


class LogViewer(QDialog):
    """Shows a buffer, and what comes into it.

    Parameters
    ----------
    buffer : LogBuffer
    folder : Path
        Where the log files lie.
    """

    def __init__(self, buffer: LogBuffer, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buffer, self._folder = buffer, folder
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Log")
        self.resize(860, 520)
        self._make_widgets()
        self._lay_out()
        self._show_lines()
        buffer.added.connect(self._on_buffer_added)
        self.level.currentIndexChanged.connect(self._show_lines)
        self.search.textChanged.connect(self._show_lines)
        self.copy.clicked.connect(self._on_copy_clicked)
        self.open_folder.clicked.connect(self._on_open_folder_clicked)

    def _make_widgets(self) -> None:
        self.level = QComboBox()
        titles = ("Everything", "From information", "From warnings")
        for title, level in zip((*titles, "Errors only"), _LEVELS, strict=True):
            self.level.addItem(title, level)
        self.level.setAccessibleName("Which messages are shown")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search the messages")
        self.search.setClearButtonEnabled(True)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setMaximumBlockCount(4 * MOST_LINES)  # tracebacks have several lines
        self.text.setPlaceholderText("No messages.")
        self.text.setAccessibleName("Messages")
        self.copy = QPushButton("Copy all")
        self.open_folder = QPushButton("Open log folder")
        self.place = hint_label(str(self._folder))
        self.place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def _lay_out(self) -> None:
        above = QHBoxLayout()
        above.addWidget(self.level)
        above.addWidget(self.search, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for button in (self.copy, self.open_folder):
            button.setAutoDefault(False)  # Return is pressed in the search line
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setSpacing(SPACING)
        layout.addLayout(above)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.place)
        layout.addWidget(buttons)

    def _wanted(self, line: LogLine) -> bool:
        searched = self.search.text().casefold()
        return line.level >= self.level.currentData() and searched in line.text.casefold()

    @Slot()
    def _show_lines(self) -> None:
        shown = "\n".join(line.text for line in self._buffer.lines if self._wanted(line))
        self.text.setPlainText(shown)
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.maximum())

    @Slot(object)
    def _on_buffer_added(self, line: LogLine) -> None:
        if self._wanted(line):
            self.text.appendPlainText(line.text)  # scrolls along only if the end is in sight

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())

    @Slot()
    def _on_open_folder_clicked(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))
