"""The View menu: panes, zoom, how heat is coloured, panels, theme."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from engine.render import COLOURS, POLARITIES
from gui.commands.command import Command, MenuOf
from gui.panes.pane_menu import add_kinds
from gui.state.view_state import PANE_COUNTS
from gui.theme.theme import SCHEMES

if TYPE_CHECKING:
    from gui.main_window.window import MainWindow

_OPACITY_STEP = 0.1
_ZOOM_STEP = 1.5


def view_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the View menu."""
    return (*_panes(window), None, *_heat(window), None, *_panels(window))


def add_view_menus(window: MainWindow, view: QMenu) -> None:
    """Add what is made anew each time: what the panes show, and which panels there are."""
    kinds = view.addMenu("What a pane shows")
    kinds.aboutToShow.connect(partial(_list_panes, window, kinds))
    panels = view.addMenu("Panels")
    for dock in window.docks.docks.values():
        panels.addAction(dock.toggleViewAction())


def _panes(window: MainWindow) -> tuple[Command | None, ...]:
    make, panes = MenuOf("panes", "&View"), window.panes
    counts = (
        make(
            str(count),
            "One pane" if count == 1 else f"{count} panes",
            partial(panes.set_count, count),
            f"Ctrl+{count}",
        )
        for count in PANE_COUNTS
    )
    return (
        *counts,
        None,
        make("zoom_in", "Zoom in", partial(panes.zoom_by, _ZOOM_STEP), "+", "="),
        make("zoom_out", "Zoom out", partial(panes.zoom_by, 1 / _ZOOM_STEP), "-"),
        make("zoom_all", "Show all of the picture", panes.reset_view, "0"),
    )


def _heat(window: MainWindow) -> tuple[Command | None, ...]:
    make = MenuOf("heat", "&View")
    less, more = (partial(_opacity, window, by) for by in (-_OPACITY_STEP, _OPACITY_STEP))
    return (
        make("less", "Less opacity", less, "Ctrl+Down", repeats=True),
        make("more", "More opacity", more, "Ctrl+Up", repeats=True),
        make("colours", "Next colours", partial(_next_colours, window), "C"),
        make("polarity", "Both signs, positive, negative", partial(_polarity, window), "P"),
    )


def _panels(window: MainWindow) -> tuple[Command | None, ...]:
    make = MenuOf("view", "&View")
    theme = MenuOf("theme", "&View" + "/" + "Theme")
    names = {"system": "As the system", "dark": "Dark", "light": "Light"}
    return (
        make("layout", "Put the panels back", window.docks.reset),
        make("full", "Full screen", partial(_full_screen, window), "F11"),
        *(
            theme(name, names[name], partial(window.appearance.set_scheme, name))
            for name in SCHEMES
        ),
    )


def _list_panes(window: MainWindow, menu: QMenu) -> None:
    menu.clear()
    for position, pane in enumerate(window.panes.panes.values()):
        title = f"Pane {position + 1}: {pane.title}"
        add_kinds(menu.addMenu(title), window.panes, position)


def _opacity(window: MainWindow, by: float) -> None:
    heat = window.view.state.heat
    opacity = round(min(max(heat.opacity + by, 0.0), 1.0), 2)
    window.view.update(heat=replace(heat, opacity=opacity))


def _next_colours(window: MainWindow) -> None:
    heat, names = window.view.state.heat, list(COLOURS)
    following = names[(names.index(heat.colours) + 1) % len(names)]
    window.view.update(heat=replace(heat, colours=following))


def _polarity(window: MainWindow) -> None:
    heat = window.view.state.heat
    row = (POLARITIES.index(heat.polarity) + 1) % len(POLARITIES)
    window.view.update(heat=replace(heat, polarity=POLARITIES[row]))


def _full_screen(window: MainWindow) -> None:
    window.showNormal() if window.isFullScreen() else window.showFullScreen()
