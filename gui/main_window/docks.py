"""The panels around the panes: docks that can be moved, hidden and put back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QScrollArea, QTabWidget, QWidget

from gui.commands.command import Command
from gui.widgets.form_widgets import PANEL_MARGINS, scrolled, vbox

_LAYOUT_VERSION = 1
_SIDE_PX = 372
_TIMELINE_PX = 240
_RESULTS_PX = 410


@dataclass(frozen=True, slots=True)
class Part:
    """A panel: its title and its widget, which may scroll by itself."""

    title: str
    widget: QWidget
    scrolls: bool = False


class Docks:
    """The docks of a main window, by name.

    Parameters
    ----------
    window : QMainWindow
    middle : tuple of QWidget
        The centre, from the top down; the first takes the spare room.
    settings, results : mapping of str to Part
        Tabs on the right, above and below.
    timeline : Part
        At the bottom.
    """

    def __init__(
        self,
        window: QMainWindow,
        middle: tuple[QWidget, ...],
        settings: Mapping[str, Part],
        results: Mapping[str, Part],
        timeline: Part,
    ) -> None:
        self._window = window
        window.setCentralWidget(_stacked(middle))
        window.setDockNestingEnabled(True)
        area = Qt.DockWidgetArea.RightDockWidgetArea
        window.setCorner(Qt.Corner.BottomRightCorner, area)
        window.setTabPosition(area, QTabWidget.TabPosition.North)
        self._groups = [list(settings), list(results)]
        parts = {**settings, **results, "timeline": timeline}
        self.docks = {name: self._made(name, part) for name, part in parts.items()}
        self.reset()

    def reset(self) -> None:
        """Put every dock back to its first place."""
        areas = Qt.DockWidgetArea
        right, bottom = areas.RightDockWidgetArea, areas.BottomDockWidgetArea
        for dock in self.docks.values():
            self._window.removeDockWidget(dock)
        self._window.addDockWidget(bottom, self.docks["timeline"])
        for names in self._groups:
            first = self.docks[names[0]]
            self._window.addDockWidget(right, first)
            for name in names[1:]:
                self._window.tabifyDockWidget(first, self.docks[name])
        for dock in self.docks.values():
            dock.setFloating(False)
            dock.show()
        for names in self._groups:
            self.docks[names[0]].raise_()
        self._size()

    def show(self, name: str) -> None:
        """Bring a dock to the front. The keyboard stays where it is."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()

    def state(self) -> str:
        """Return the layout as text."""
        return bytes(self._window.saveState(_LAYOUT_VERSION).toBase64().data()).decode("ascii")

    def restore(self, state: str) -> bool:
        """Restore a layout that `state` gave. Return False if it cannot be used."""
        data = QByteArray.fromBase64(QByteArray(state.encode("ascii", "ignore")))
        if not self._window.restoreState(data, _LAYOUT_VERSION):
            return False
        self._place_unknown(bytes(data.data()))
        return True

    def _place_unknown(self, state: bytes) -> None:
        """Put docks that a layout of an earlier version does not know behind the first of theirs.

        Qt would leave each in a place of its own, at the cost of all others.
        """
        for names in self._groups:
            first = self.docks[names[0]]
            unknown = [name for name in names[1:] if name.encode("utf-16-be") not in state]
            for name in unknown:
                self._window.tabifyDockWidget(first, self.docks[name])
            if unknown:
                first.raise_()

    def commands(self) -> tuple[Command, ...]:
        """Return the command that resets the layout."""
        return (Command("view.layout", "Reset layout", self.reset),)

    def _size(self) -> None:
        upper, lower = (self.docks[names[0]] for names in self._groups)
        window, across = self._window, Qt.Orientation.Horizontal
        window.resizeDocks([upper], [_SIDE_PX], across)
        down = Qt.Orientation.Vertical
        window.resizeDocks([self.docks["timeline"]], [_TIMELINE_PX], down)
        rest = max(window.height() - _RESULTS_PX, window.height() // 2)
        window.resizeDocks([upper, lower], [rest, _RESULTS_PX], down)

    def _made(self, name: str, part: Part) -> QDockWidget:
        dock = QDockWidget(part.title, self._window)
        dock.setObjectName(name)
        part.widget.setObjectName(part.widget.objectName() or "panel")
        part.widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        dock.topLevelChanged.connect(partial(_frame, dock))
        dock.setWidget(part.widget if part.scrolls else _scrolled(part.widget))
        return dock


def _frame(dock: QDockWidget, floats: bool) -> None:
    """Give a floating dock the frame of the style sheet, which asks for it only here."""
    dock.style().unpolish(dock)
    dock.style().polish(dock)


def _stacked(widgets: tuple[QWidget, ...]) -> QWidget:
    stack = QWidget()
    vbox(stack, *widgets, spacing=0).setStretchFactor(widgets[0], 1)
    return stack


def _scrolled(widget: QWidget) -> QScrollArea:
    content = QWidget()
    content.setObjectName("panel")
    vbox(content, widget, margins=PANEL_MARGINS, spacing=-1).addStretch(1)
    area = scrolled(content)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area
