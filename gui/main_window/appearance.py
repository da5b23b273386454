"""The look of the window: its place, docks and colours, stored in a small file."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from PySide6.QtCore import QByteArray, QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow

from engine.utils.atomic import write_text
from engine.utils.bounded_files import read_bounded
from engine.utils.schema import Base64, SchemaError, convert, one_of, parse_json, to_plain
from gui.commands.command import Command
from gui.main_window.docks import Docks
from gui.theme.theme import SCHEMES, apply_theme

_MOST_BYTES = 2**22
log = logging.getLogger(__name__)

_FILE = "window.json"
_SCHEME_TEXTS = {"system": "As the system", "dark": "Dark", "light": "Light"}


@dataclass(frozen=True, slots=True)
class WindowLook:
    """The look of a window when it was closed.

    Attributes
    ----------
    geometry, docks : str
        As Qt saves them, in base64; empty takes the default.
    scheme : str
        One of `gui.theme.theme.SCHEMES`.
    export : dict
        The last choices of the export dialog, as it gives them.
    model : str
        The model that was chosen; empty takes the default.
    """

    geometry: Base64 = ""
    docks: Base64 = ""
    scheme: Annotated[str, one_of(SCHEMES)] = "system"
    export: dict[str, Any] = field(default_factory=dict)
    model: str = ""


class Appearance(QObject):
    """Restores, changes and saves the look of a window.

    Parameters
    ----------
    window : QMainWindow
    settings : Path
        Folder of the user's settings.

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
        """Use dark or light colours, or the system's, now and at the next start."""
        self.look = replace(self.look, scheme=name)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply_theme(application, SCHEMES[name])
            self.colours_changed.emit()

    def restore(self, docks: Docks) -> None:
        """Put the window and its docks where they were left."""
        self._window.restoreGeometry(QByteArray.fromBase64(self.look.geometry.encode()))
        docks.restore(self.look.docks)

    def save(self, docks: Docks, export: dict[str, Any], model: str) -> None:
        """Save the look of the window, the choices of the export dialog, and the model."""
        geometry = bytes(self._window.saveGeometry().toBase64().data()).decode()
        self.look = replace(
            self.look, geometry=geometry, docks=docks.state(), export=export, model=model
        )
        save_look(self._settings, self.look)

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that choose the colours."""
        return tuple(
            Command(f"theme.{name}", _SCHEME_TEXTS[name], partial(self.set_scheme, name))
            for name in SCHEMES
        )

    @Slot()
    def _on_color_scheme_changed(self) -> None:
        """Follow the system, unless the user has chosen."""
        if self.look.scheme == "system":
            self.set_scheme("system")


def load_look(settings: Path) -> WindowLook:
    """Return the stored look, or the default if there is no usable file."""
    path = settings / _FILE
    try:
        return convert(parse_json(read_bounded(path, _MOST_BYTES)), WindowLook)
    except FileNotFoundError:
        return WindowLook()
    except (OSError, SchemaError) as error:
        log.warning("%s cannot be used: %s", path, error)
        return WindowLook()


def save_look(settings: Path, look: WindowLook) -> None:
    """Store the look. A failure is only logged, since the look is a convenience."""
    try:
        settings.mkdir(parents=True, exist_ok=True)
        write_text(settings / _FILE, json.dumps(to_plain(look), indent=1) + "\n", sync=True)
    except OSError:
        log.warning("%s cannot be written", settings / _FILE, exc_info=True)
