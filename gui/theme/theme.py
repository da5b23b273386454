"""Colours and style of the window, dark and light, safe for colour-blind users."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from resources import resource_bytes


@dataclass(frozen=True, slots=True)
class Colours:
    """Colours of one scheme, as "#rrggbb".

    Attributes
    ----------
    background, panel, field, border : str
        Surfaces, from the ground up.
    text, faint, disabled : str
        Texts by weight.
    accent, on_accent : str
        The one primary button, and what stands on it.
    motion, static, score, damage : str
        What they mean everywhere: in curves, figures and legends. The evidence of one picture is
        static.
    several : str
        Evidence of several pictures, beside motion and static.
    """

    background: str
    panel: str
    field: str
    border: str
    text: str
    faint: str
    disabled: str
    accent: str
    on_accent: str
    motion: str
    static: str
    score: str
    damage: str
    several: str


DARK = Colours(
    background="#16181d",
    panel="#1e2128",
    field="#272b33",
    border="#3a3e47",
    text="#e8e8ea",
    faint="#a0a4ad",
    disabled="#6c7079",
    accent="#f0a500",
    on_accent="#16181d",
    motion="#f0a500",
    static="#4ca3dd",
    score="#3fd0b6",
    damage="#e0574f",
    several="#cc79a7",
)
LIGHT = Colours(
    background="#f4f5f7",
    panel="#ffffff",
    field="#ffffff",
    border="#c3c7cf",
    text="#1b1e24",
    faint="#5a606b",
    disabled="#9a9ea7",
    accent="#d98200",
    on_accent="#1b1e24",
    motion="#b86a00",
    static="#1f6fb2",
    score="#00796b",
    damage="#c0342b",
    several="#96437a",
)

SCHEMES = {"system": None, "dark": Qt.ColorScheme.Dark, "light": Qt.ColorScheme.Light}
"""What the user can choose; None follows the system."""

_shown = DARK


def colours() -> Colours:
    """Return the colours of the scheme that is shown: read them when painting, they change."""
    return _shown


def apply_theme(application: QApplication, scheme: Qt.ColorScheme | None = None) -> None:
    """Give the application its palette and style sheet.

    Parameters
    ----------
    application : QApplication
    scheme : Qt.ColorScheme or None
        Dark or light; None, or unknown, takes the system's, and dark where it has none.
    """
    global _shown
    asked = scheme or application.styleHints().colorScheme()
    _shown = LIGHT if asked == Qt.ColorScheme.Light else DARK
    application.setStyle("Fusion")
    application.setPalette(_palette(_shown))
    application.setStyleSheet(style_sheet(_shown))


def style_sheet(colours: Colours) -> str:
    """Return the style sheet in the colours of a scheme: all that Qt's palette cannot say."""
    template = Template(resource_bytes("style.qss").decode("utf-8"))
    return "\n" + template.substitute(asdict(colours))


def _palette(shown: Colours) -> QPalette:
    roles = {
        QPalette.ColorRole.Window: shown.background,
        QPalette.ColorRole.Base: shown.field,
        QPalette.ColorRole.AlternateBase: shown.panel,
        QPalette.ColorRole.Button: shown.field,
        QPalette.ColorRole.Text: shown.text,
        QPalette.ColorRole.WindowText: shown.text,
        QPalette.ColorRole.ButtonText: shown.text,
        QPalette.ColorRole.ToolTipBase: shown.field,
        QPalette.ColorRole.ToolTipText: shown.text,
        QPalette.ColorRole.Highlight: shown.static,
        QPalette.ColorRole.HighlightedText: shown.background,
        QPalette.ColorRole.PlaceholderText: shown.faint,
        QPalette.ColorRole.Link: shown.static,
        QPalette.ColorRole.LinkVisited: shown.static,
    }
    palette = QPalette()
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(shown.disabled))
    return palette
