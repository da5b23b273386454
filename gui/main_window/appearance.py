"""How the window looks: its place, docks, colours, as they were left the last time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow

from gui.main_window.docks import Docks
from gui.main_window.window_store import load_look, save_look
from gui.theme.theme import SCHEMES, apply_theme


class Appearance(QObject):
    """Restores, changes and keeps the look of a window.

    Parameters
    ----------
    window : QMainWindow
    settings : Path
        Folder of the user's settings.

    Attributes
    ----------
    look : WindowLook

    Signals
    -------
    colours_changed()
        What is drawn by hand must be drawn again.
    """

    colours_changed = Signal()

    def __init__(self, window: QMainWindow, settings: Path) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self.look = load_look(settings)
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._on_color_scheme_changed)

    def set_scheme(self, name: str) -> None:
        """Take over dark or light colours, or the system's, now and at the next start."""
        self.look = replace(self.look, scheme=name)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply_theme(application, SCHEMES[name])
            self.colours_changed.emit()

    def restore(self, docks: Docks) -> None:
        """Put the window and its docks where they were left."""
        self._window.restoreGeometry(QByteArray.fromBase64(self.look.geometry.encode()))
        docks.restore(self.look.docks)

    def keep(self, docks: Docks, export: dict[str, Any]) -> None:
        """Keep how the window is left, and the choices of the export dialog."""
        geometry = bytes(self._window.saveGeometry().toBase64().data()).decode()
        self.look = replace(self.look, geometry=geometry, docks=docks.state(), export=export)
        save_look(self._settings, self.look)

    @Slot()
    def _on_color_scheme_changed(self) -> None:
        """Follow the system, unless the user has chosen."""
        if self.look.scheme == "system":
            self.set_scheme("system")
