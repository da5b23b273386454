"""Dialog for uncaught errors: the error, the saved session, the choices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QWidget

from gui.dialogs.about_dialog import as_lines
from gui.widgets.form_widgets import heading, hint_label, notice_label, vbox
from gui.widgets.plain_text import PlainLabel

_MOST_SHOWN = 20


class CrashDialog(QDialog):
    """One dialog for all errors until it is closed. Later ones are appended.

    Parameters
    ----------
    saved : str
        Where the session was saved, or why it was not.
    versions : sequence of (str, str)
        Names and versions of what the application runs on.
    folder : Path
        Where the log lies.

    Signals
    -------
    quit_requested()
        The user wants to leave the application.
    """

    quit_requested = Signal()

    def __init__(
        self,
        saved: str,
        versions: Sequence[tuple[str, str]],
        folder: Path,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._versions, self._folder = versions, folder
        self._count = 0
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Something went wrong")
        self.resize(680, 440)
        self._make_widgets(saved)
        self._lay_out()
        self.copy.clicked.connect(self._on_copy_clicked)
        self.open_folder.clicked.connect(self._on_open_folder_clicked)
        self.proceed.clicked.connect(self.reject)
        self.quit.clicked.connect(self._on_quit_clicked)

    def add(self, message: str, trace: str) -> None:
        """Tell of an error.

        Parameters
        ----------
        message : str
            In one line.
        trace : str
            Where it came from.
        """
        self._count += 1
        if self._count == 1:
            self.message.setText(message)
        else:
            self.count.setText(f"{self._count} errors so far")
            self.count.show()
        if self._count <= _MOST_SHOWN:  # one that comes with every repaint would never end
            self.details.appendPlainText(trace)
        elif self._count == _MOST_SHOWN + 1:
            self.details.appendPlainText("The log has those that followed.")

    def _make_widgets(self, saved: str) -> None:
        self.message = notice_label()
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.saved = PlainLabel(saved)
        self.saved.setTextFormat(Qt.TextFormat.PlainText)
        self.saved.setWordWrap(True)
        self.count = hint_label()
        self.count.hide()
        self.details = QPlainTextEdit(as_lines(self._versions))
        self.details.appendPlainText("")
        self.details.setReadOnly(True)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.setAccessibleName("Details")
        self.copy = QPushButton("Copy details")
        self.open_folder = QPushButton("Open log folder")
        self.proceed = QPushButton("Continue")
        self.proceed.setToolTip("Go on working; what failed may not show what it should")
        self.proceed.setDefault(True)
        self.quit = QPushButton("Quit")

    def _lay_out(self) -> None:
        said = "Motion Inspector met an error that it did not expect. Please report the details."
        buttons = QHBoxLayout()
        for button in (self.copy, self.open_folder):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.quit, self.proceed):
            buttons.addWidget(button)
        title, texts = heading(self.windowTitle()), (self.message, self.saved, self.count)
        parts = (title, hint_label(said), *texts, self.details, buttons)
        layout = vbox(self, *parts, margins=(16, 14, 16, 14))
        layout.setStretchFactor(self.details, 1)

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())

    @Slot()
    def _on_open_folder_clicked(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))

    @Slot()
    def _on_quit_clicked(self) -> None:
        self.accept()
        self.quit_requested.emit()
