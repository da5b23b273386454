"""Places of the parts of a window on the screen, where hands click."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QRegion
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDockWidget,
    QMenu,
    QScrollArea,
    QTabBar,
    QWidget,
)

from gui.main_window.window import MainWindow

Rectangle = tuple[int, int, int, int]


def place_of(window: MainWindow, part: str) -> Rectangle | None:
    """Return left, top, width and height of a part in pixels of the screen, or None.

    A part is a path of attributes from the window, or one of these with a text or name:
    "tab:", "title:" (of a dock), "menu:" (in the menu bar), "item:" (of an open menu), "button:".
    """
    kind, _, name = part.rpartition(":")
    find = {
        "tab": _tab,
        "title": _title,
        "menu": _menu,
        "item": _item,
        "button": _button,
        "": _path,
    }[kind]
    found = find(window, name)
    if found is None:
        return None
    return _on_screen(*found)


def _on_screen(widget: QWidget, place: QRect) -> Rectangle:
    ratio, corner = widget.devicePixelRatioF(), widget.mapToGlobal(QPoint(0, 0)) + place.topLeft()
    left, top = corner.x() * ratio, corner.y() * ratio
    return round(left), round(top), round(place.width() * ratio), round(place.height() * ratio)


def wheel_to(window: MainWindow, part: str) -> tuple[int, int, int] | None:
    """Return where a wheel brings a part to the screen, and its turns down, or None if nowhere."""
    found, above = part_of(window, part), part_of(window, part).parentWidget()
    while above is not None and not isinstance(above, QScrollArea):
        above = above.parentWidget()
    if above is None or not above.isVisible() or _shown(above).isEmpty():
        return None
    view = above.viewport()
    left, top, width, height = _on_screen(view, _shown(view))
    down = found.mapTo(view, QPoint(0, 0)).y() > 0
    return left + width // 2, top + height // 2, 1 if down else -1


def part_of(window: MainWindow, path: str) -> QWidget:
    """Return the widget at the end of a path of attributes."""
    found: Any = window
    for name in path.split("."):
        found = found[name] if isinstance(found, dict) else getattr(found, name)
    if not isinstance(found, QWidget):
        raise TypeError(f"{path} is no widget")
    return found


def is_seen(part: QWidget) -> bool:
    """Return whether a part is seen whole, not scrolled or covered in part."""
    return part.isVisible() and QRegion(part.rect()).subtracted(part.visibleRegion()).isEmpty()


_Found = tuple[QWidget, QRect] | None


def _path(window: MainWindow, path: str) -> _Found:
    part = part_of(window, path)
    shown = _shown(part)
    return None if shown.isEmpty() else (part, shown)


def _shown(part: QWidget) -> QRect:
    """Return what of a part is not scrolled away or outside of its window."""
    shown, above = part.rect(), part
    while part.isVisible() and not above.isWindow():
        parent = above.parentWidget()
        if parent is None:
            break
        shown &= QRect(part.mapFrom(parent, QPoint(0, 0)), parent.size())
        above = parent
    return shown if part.isVisible() else QRect()


def _tab(window: MainWindow, text: str) -> _Found:
    for bar in window.findChildren(QTabBar):
        for i in range(bar.count()):
            if bar.tabText(i) == text and bar.isVisible():
                return bar, bar.tabRect(i)
    return None


def _title(window: MainWindow, name: str) -> _Found:
    dock = part_of(window, f"docks.docks.{name}")
    if not isinstance(dock, QDockWidget):
        return None
    place = dock.rect()
    place.setBottom(dock.widget().geometry().top() - 1)
    return dock, place


def _menu(window: MainWindow, text: str) -> _Found:
    bar = window.menuBar()
    return next(
        ((bar, bar.actionGeometry(action)) for action in bar.actions() if _says(action, text)), None
    )


def _item(window: MainWindow, text: str) -> _Found:
    for menu in QApplication.topLevelWidgets():
        if isinstance(menu, QMenu) and menu.isVisible():
            for action in menu.actions():
                if _says(action, text):
                    return menu, menu.actionGeometry(action)
    return None


def _button(window: MainWindow, text: str) -> _Found:
    top = QApplication.activeModalWidget() or window
    for button in top.findChildren(QAbstractButton):
        if _says(button, text) and button.isVisible():
            return button, button.rect()
    return None


def _says(part: Any, text: str) -> bool:
    return str(part.text()).replace("&", "") == text
