"""Colours and style of the window: dark, high contrast, told apart by colour-blind users."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

BACKGROUND = "#16181d"
PANEL = "#1e2128"
FIELD = "#272b33"
BORDER = "#3a3e47"
TEXT = "#e8e8ea"
FAINT = "#a0a4ad"
ACCENT = "#f0a500"
MOTION = "#f0a500"
STATIC = "#4ca3dd"
SCORE = "#3fd0b6"
DAMAGE = "#e0574f"

_STYLE = f"""
QWidget {{ color: {TEXT}; font-size: 13px; }}
QMainWindow, QDialog, QMessageBox {{ background: {BACKGROUND}; }}
#panel {{ background: {PANEL}; }}
QScrollArea {{ border: none; background: {PANEL}; }}
QLabel#heading {{ font-size: 15px; font-weight: 600; }}
QLabel#faint {{ color: {FAINT}; }}
QLabel#notice {{
  background: {FIELD}; border-left: 3px solid {MOTION}; border-radius: 2px; padding: 6px 8px;
}}
QLabel#figure {{ font-size: 24px; font-weight: 600; color: {MOTION}; }}
QPushButton {{
  background: {FIELD}; border: 1px solid {BORDER}; border-radius: 4px; padding: 6px 12px;
}}
QPushButton:hover {{ border-color: {FAINT}; }}
QPushButton:focus {{ border-color: {ACCENT}; }}
QPushButton:disabled {{ color: #6c7079; }}
QPushButton#primary {{
  background: {ACCENT}; color: #16181d; font-weight: 600; border: 1px solid {ACCENT};
}}
QPushButton#primary:disabled {{ background: {BORDER}; border-color: {BORDER}; color: #8b8f98; }}
QProgressBar {{
  background: {FIELD}; border: none; border-radius: 4px; height: 8px; text-align: center;
}}
QProgressBar::chunk {{ background: {ACCENT}; border-radius: 4px; }}
QSlider::groove:horizontal {{ background: {FIELD}; height: 6px; border-radius: 3px; }}
QSlider::sub-page:horizontal {{ background: {BORDER}; border-radius: 3px; }}
QSlider::handle:horizontal {{
  background: {TEXT}; width: 14px; margin: -5px 0; border-radius: 7px;
}}
QSlider::handle:horizontal:hover {{ background: {ACCENT}; }}
QMenuBar, QMenu, QStatusBar {{ background: {PANEL}; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {BORDER}; }}
QToolTip {{ background: {FIELD}; color: {TEXT}; border: 1px solid {BORDER}; }}
"""

_ROLES = {
    QPalette.ColorRole.Window: BACKGROUND,
    QPalette.ColorRole.Base: FIELD,
    QPalette.ColorRole.AlternateBase: PANEL,
    QPalette.ColorRole.Button: FIELD,
    QPalette.ColorRole.Text: TEXT,
    QPalette.ColorRole.WindowText: TEXT,
    QPalette.ColorRole.ButtonText: TEXT,
    QPalette.ColorRole.ToolTipBase: FIELD,
    QPalette.ColorRole.ToolTipText: TEXT,
    QPalette.ColorRole.Highlight: STATIC,
    QPalette.ColorRole.HighlightedText: BACKGROUND,
    QPalette.ColorRole.PlaceholderText: FAINT,
}


def apply_theme(application: QApplication) -> None:
    """Give the application its palette and style sheet."""
    application.setStyle("Fusion")
    palette = QPalette()
    for role, colour in _ROLES.items():
        palette.setColor(role, QColor(colour))
    application.setPalette(palette)
    application.setStyleSheet(_STYLE)
