"""The menu of a pane: its content, its range, and its picture for the clipboard."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from engine.render.panes import PANES
from gui.commands.command import Command
from gui.panes.pane_grid import PaneGrid
from gui.state.view_state import PANE_COUNTS, ViewState

_DECIMALS = 9
_ZOOM_STEP = 1.5


def show_pane_menu(grid: PaneGrid, kind: str, position: QPoint, state: ViewState) -> QMenu:
    """Open the menu of the pane that shows a kind, at a global position."""
    menu = QMenu(grid)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    shown = list(grid.panes)
    add_kinds(menu, grid, shown.index(kind))
    menu.addSeparator()
    if PANES[kind].has_scale:
        own = menu.addAction("Range of its own...")
        own.triggered.connect(partial(_ask_range, grid, kind, state))
        shared = menu.addAction("Range of all panes")
        shared.setEnabled(kind in grid.renderer.ranges)
        shared.triggered.connect(partial(_set_range, grid, kind, state, None))
    menu.addAction("Fit to pane").triggered.connect(grid.reset_view)
    copy = menu.addAction("Copy this pane")
    copy.triggered.connect(partial(copy_picture, grid.panes[kind]))
    menu.popup(position)
    return menu


def add_kinds(menu: QMenu, grid: PaneGrid, position: int) -> None:
    """Offer every kind for the pane at a position, with its own checked."""
    shown = list(grid.panes)
    for name, kind in PANES.items():
        action = menu.addAction(kind.title)
        action.setCheckable(True)
        action.setChecked(name == shown[position])
        action.triggered.connect(partial(_show_kind, grid, position, name))


def copy_picture(widget: QWidget) -> None:
    """Put a widget, as it is drawn, on the clipboard."""
    QGuiApplication.clipboard().setPixmap(widget.grab())


def pane_commands(grid: PaneGrid) -> tuple[Command, ...]:
    """Return the commands that count and zoom the panes."""
    zoom_in, zoom_out = (partial(grid.zoom_by, by) for by in (_ZOOM_STEP, 1 / _ZOOM_STEP))
    return (
        *(_count_command(grid, count) for count in PANE_COUNTS),
        Command("panes.zoom_in", "Zoom in", zoom_in, ("+", "=")),
        Command("panes.zoom_out", "Zoom out", zoom_out, ("-",)),
        Command("panes.zoom_all", "Fit to pane", grid.reset_view, ("0",)),
    )


def _count_command(grid: PaneGrid, count: int) -> Command:
    text = "One pane" if count == 1 else f"{count} panes"
    return Command(f"panes.{count}", text, partial(grid.set_count, count), (f"Ctrl+{count}",))


def _show_kind(grid: PaneGrid, position: int, kind: str, checked: bool = False) -> None:
    grid.show_kind(position, kind)


def _ask_range(grid: PaneGrid, kind: str, state: ViewState, checked: bool = False) -> None:
    dialog = QInputDialog(grid)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Range")
    dialog.setLabelText("Relevance that gets the full colour in this pane:")
    dialog.setInputMode(QInputDialog.InputMode.DoubleInput)
    dialog.setDoubleDecimals(_DECIMALS)
    dialog.setDoubleRange(10.0**-_DECIMALS, 1e9)
    dialog.setDoubleValue(grid.renderer.scale_of(kind, state))
    dialog.doubleValueSelected.connect(partial(_set_range, grid, kind, state))
    dialog.open()


def _set_range(
    grid: PaneGrid, kind: str, state: ViewState, value: float | None, *_: object
) -> None:
    if value is None:
        grid.renderer.ranges.pop(kind, None)
    else:
        grid.renderer.ranges[kind] = value
    grid.redraw(state)
