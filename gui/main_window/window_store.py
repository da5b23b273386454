"""How the window was left: size, panels, theme and choices, kept in a small file."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gui.state.json_fields import FieldError, Fields
from gui.state.session_file import write_whole
from gui.theme.theme import SCHEMES

log = logging.getLogger(__name__)

_FILE = "window.json"


@dataclass(frozen=True, slots=True)
class WindowLook:
    """How a window was left.

    Attributes
    ----------
    geometry, docks : str
        As Qt saves them, in base64; empty takes the usual.
    scheme : str
        One of `gui.theme.theme.SCHEMES`.
    export : dict
        The last choices of the export dialog, as it gives them.
    """

    geometry: str = ""
    docks: str = ""
    scheme: str = "system"
    export: dict[str, Any] = field(default_factory=dict)


def load_look(settings: Path) -> WindowLook:
    """How the window was left; the usual if there is no file, or a broken one, which is logged."""
    path = settings / _FILE
    try:
        fields = Fields(json.loads(path.read_text(encoding="utf-8")))
        look = WindowLook(
            geometry=_base64(fields, "geometry"),
            docks=_base64(fields, "docks"),
            scheme=fields.choice("scheme", SCHEMES, "system"),
            export=fields.opaque("export"),
        )
    except FileNotFoundError:
        return WindowLook()
    except (OSError, ValueError, RecursionError) as error:
        log.warning("%s cannot be used: %s", path, error)
        return WindowLook()
    return look


def save_look(settings: Path, look: WindowLook) -> None:
    """Keep how the window is left; not being able to is logged: it is a convenience."""
    values = {
        "geometry": look.geometry,
        "docks": look.docks,
        "scheme": look.scheme,
        "export": look.export,
    }
    try:
        settings.mkdir(parents=True, exist_ok=True)
        write_whole(settings / _FILE, json.dumps(values, indent=1) + "\n")
    except OSError:
        log.warning("%s cannot be written", settings / _FILE, exc_info=True)


def _base64(fields: Fields, key: str) -> str:
    text = fields.text(key)
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise FieldError(f"{key} should be base64") from error
    return text
