"""The About dialog: purpose, paper, licence and versions."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from html import escape
from importlib import metadata

import av
import cv2
import numpy as np
import PySide6
from PySide6.QtCore import QEvent, Qt, Slot, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QWidget

from gui.theme import theme
from gui.widgets.form_widgets import hint_label, vbox
from gui.widgets.plain_text import PlainLabel

NAME = "Motion Inspector"
_PACKAGE = "motion-inspector"
_PAPER = "https://arxiv.org/abs/2003.14285"
_WIDTH_PX = 480


def version() -> str:
    """Return the version of the application."""
    return _installed(_PACKAGE)


def versions() -> tuple[tuple[str, str], ...]:
    """Return names and versions of the libraries, without loading torch."""
    return (
        (NAME, version()),
        ("Python", platform.python_version()),
        ("System", platform.platform()),
        ("Qt", qVersion()),
        ("PySide6", PySide6.__version__),
        ("PyTorch", _installed("torch")),
        ("PyAV", av.__version__),
        ("FFmpeg", str(av.ffmpeg_version_info)),
        ("NumPy", np.__version__),
        ("OpenCV", cv2.__version__),
    )


def as_lines(pairs: Iterable[tuple[str, str]]) -> str:
    """Format names and texts as lines to copy."""
    return "\n".join(f"{name}: {text}" for name, text in pairs)


def _installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # run from its sources
        return "not installed"


class AboutDialog(QDialog):
    """Name, purpose, paper, licence and versions.

    Parameters
    ----------
    device : str
        What is computed on, in words: "2 CPU cores", the name of a GPU.
    """

    def __init__(self, device: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pairs = (*versions(), ("Computes on", device))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"About {NAME}")
        self.setFixedWidth(_WIDTH_PX)
        self._make_widgets()
        self._show_paper()
        self._lay_out()
        self.copy.clicked.connect(self._on_copy_clicked)

    def _make_widgets(self) -> None:
        self.title = PlainLabel(f"{NAME} {version()}")
        self.title.setObjectName("figure")
        purpose = "See which motion drove a video model's decision, frame by frame."
        self.purpose = PlainLabel(purpose)
        self.purpose.setWordWrap(True)
        self.paper = PlainLabel()
        self.paper.setTextFormat(Qt.TextFormat.RichText)
        self.paper.setWordWrap(True)
        self.paper.setOpenExternalLinks(True)
        rows = "".join(
            f"<tr><td style='padding-right:16px'>{escape(name)}</td><td>{escape(text)}</td></tr>"
            for name, text in self._pairs[1:]
        )
        self.table = PlainLabel()
        self.table.setTextFormat(Qt.TextFormat.RichText)
        self.table.setText(f"<table>{rows}</table>")
        self.table.setWordWrap(True)
        self.table.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        licence = "MIT licence. The libraries that it runs on have licences of their own."
        self.licence = hint_label(licence)
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copy the versions, for a report")

    def _lay_out(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        parts = (self.title, self.purpose, self.paper, self.table, self.licence, buttons)
        vbox(self, *parts, margins=(20, 16, 20, 16), spacing=12)

    def _show_paper(self) -> None:
        style = f"color: {theme.colours().static}"  # the palette's link is too dark on dark
        said = "Relevance is divided into motion and static parts as in"
        title = "Explaining Motion Relevance for Activity Recognition in Video Deep Learning Models"
        link = f'<a href="{_PAPER}" style="{style}">{title}</a>'
        self.paper.setText(f"{said} Hiley et al. 2020, {link}.")

    @Slot()
    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(as_lines(self._pairs))

    def changeEvent(self, event: QEvent) -> None:
        """Take over the colours of another scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_paper()
