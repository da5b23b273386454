"""The style sheet: what Qt's palette cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.theme.theme import Colours


def style_sheet(colours: Colours) -> str:
    """Style sheet in the colours of a scheme."""
    return f"""
QWidget {{ color: {colours.text}; font-size: 13px; }}
QWidget:disabled {{ color: {colours.disabled}; }}
QMainWindow, QDialog, QMessageBox {{ background: {colours.background}; }}
QMainWindow::separator {{ background: {colours.border}; width: 3px; height: 3px; }}
QDockWidget {{ titlebar-close-icon: none; }}
QDockWidget::title {{ background: {colours.panel}; padding: 6px 8px; }}
#panel {{ background: {colours.panel}; }}
QScrollArea {{ border: none; background: {colours.panel}; }}
QLabel#heading {{ font-size: 15px; font-weight: 600; }}
QLabel#faint {{ color: {colours.faint}; }}
QLabel#notice {{
  background: {colours.field}; border-left: 3px solid {colours.motion}; border-radius: 2px;
  padding: 6px 8px;
}}
QLabel#figure {{ font-size: 24px; font-weight: 600; color: {colours.motion}; }}
QLabel#short {{ color: {colours.motion}; }}
QLineEdit[wrong="true"] {{ border: 1px solid {colours.damage}; }}
QPushButton, QToolButton {{
  background: {colours.field}; border: 1px solid {colours.border}; border-radius: 4px;
  padding: 5px 10px; outline: none;
}}
QToolButton#switch, QToolButton#link {{
  background: transparent; border: 1px solid transparent; padding: 1px 4px;
}}
QToolButton#link {{ color: {colours.static}; padding: 1px 2px; }}
QPushButton:hover, QToolButton:hover {{ border-color: {colours.faint}; }}
QPushButton:focus, QToolButton:focus {{ border-color: {colours.accent}; }}
QPushButton:checked, QToolButton:checked {{
  background: {colours.border}; border-color: {colours.accent};
}}
QToolButton#switch:checked, QToolButton#link:checked {{
  background: transparent; border-color: transparent;
}}
QToolButton#switch:focus, QToolButton#link:focus {{ border-color: {colours.accent}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {colours.disabled}; }}
QPushButton#primary {{
  background: {colours.accent}; color: {colours.on_accent}; font-weight: 600;
  border: 1px solid {colours.accent};
}}
QPushButton#primary:focus {{ border-color: {colours.text}; }}
QPushButton#primary:disabled {{
  background: {colours.border}; border-color: {colours.border}; color: {colours.faint};
}}
QProgressBar {{
  background: {colours.field}; border: none; border-radius: 4px; height: 8px;
  text-align: center;
}}
QProgressBar::chunk {{ background: {colours.accent}; border-radius: 4px; }}
QSlider::groove:horizontal {{
  background: {colours.field}; border: 1px solid {colours.border}; height: 4px;
  border-radius: 3px;
}}
QSlider::sub-page:horizontal {{ background: {colours.border}; border-radius: 3px; }}
QSlider::handle:horizontal {{
  background: {colours.text}; width: 14px; margin: -5px 0; border-radius: 7px;
}}
QSlider::handle:horizontal:hover {{ background: {colours.accent}; }}
QMenuBar, QMenu, QStatusBar {{ background: {colours.panel}; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {colours.border}; }}
QMenu::item:disabled {{ color: {colours.disabled}; }}
QTabBar {{ qproperty-drawBase: 0; }}
QTabBar::tab {{
  background: {colours.panel}; border: none; border-bottom: 2px solid transparent;
  padding: 7px 12px;
}}
QTabBar::tab:selected {{ border-bottom-color: {colours.accent}; }}
QTabWidget::pane {{ border: none; }}
QToolTip {{
  background: {colours.field}; color: {colours.text}; border: 1px solid {colours.border};
}}
"""
