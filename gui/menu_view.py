"""The View menu: panes, zoom, how heat is coloured, panels, theme."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from engine.render import COLOURS, POLARITIES
from gui.commands import Command, MenuOf
from gui.pane_menu import add_kinds
from gui.state import PANE_COUNTS
from gui.theme import SCHEMES

if TYPE_CHECKING:
    from gui.window import MainWindow

_OPACITY_STEP = 0.1
_ZOOM_STEP = 1.5


def view_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the View menu."""
    return (*_panes(window), None, *_heat(window), None, *_panels(window))


def add_view_menus(window: MainWindow, view: QMenu) -> None:
    """Add what is made anew each time: what the panes show, and which panels there are."""
    kinds = view.addMenu(window.tr("What a pane shows"))
    kinds.aboutToShow.connect(partial(_list_panes, window, kinds))
    panels = view.addMenu(window.tr("Panels"))
    for dock in window.docks.docks.values():
        panels.addAction(dock.toggleViewAction())


def _panes(window: MainWindow) -> tuple[Command | None, ...]:
    make, tr, panes = MenuOf("panes", window.tr("&View")), window.tr, window.panes
    counts = (
        make(
            str(count),
            tr("One pane") if count == 1 else tr("{0} panes").format(count),
            partial(panes.set_count, count),
            f"Ctrl+{count}",
        )
        for count in PANE_COUNTS
    )
    return (
        *counts,
        None,
        make("zoom_in", tr("Zoom in"), partial(panes.zoom_by, _ZOOM_STEP), "+", "="),
        make("zoom_out", tr("Zoom out"), partial(panes.zoom_by, 1 / _ZOOM_STEP), "-"),
        make("zoom_all", tr("Show all of the picture"), panes.reset_view, "0"),
    )


def _heat(window: MainWindow) -> tuple[Command | None, ...]:
    make, tr = MenuOf("heat", window.tr("&View")), window.tr
    less, more = (partial(_opacity, window, by) for by in (-_OPACITY_STEP, _OPACITY_STEP))
    return (
        make("less", tr("Less opacity"), less, "Ctrl+Down", repeats=True),
        make("more", tr("More opacity"), more, "Ctrl+Up", repeats=True),
        make("colours", tr("Next colours"), partial(_next_colours, window), "C"),
        make("polarity", tr("Both signs, positive, negative"), partial(_polarity, window), "P"),
    )


def _panels(window: MainWindow) -> tuple[Command | None, ...]:
    make, tr = MenuOf("view", window.tr("&View")), window.tr
    theme = MenuOf("theme", window.tr("&View") + "/" + window.tr("Theme"))
    names = {"system": tr("As the system"), "dark": tr("Dark"), "light": tr("Light")}
    return (
        make("layout", tr("Put the panels back"), window.docks.reset),
        make("full", tr("Full screen"), partial(_full_screen, window), "F11"),
        *(
            theme(name, names[name], partial(window.appearance.set_scheme, name))
            for name in SCHEMES
        ),
    )


def _list_panes(window: MainWindow, menu: QMenu) -> None:
    menu.clear()
    for position, pane in enumerate(window.panes.panes.values()):
        title = window.tr("Pane {0}: {1}").format(position + 1, pane.title)
        add_kinds(menu.addMenu(title), window.panes, position)


def _opacity(window: MainWindow, by: float) -> None:
    heat = window.session.state.heat
    opacity = round(min(max(heat.opacity + by, 0.0), 1.0), 2)
    window.session.update(heat=replace(heat, opacity=opacity))


def _next_colours(window: MainWindow) -> None:
    heat, names = window.session.state.heat, list(COLOURS)
    following = names[(names.index(heat.colours) + 1) % len(names)]
    window.session.update(heat=replace(heat, colours=following))


def _polarity(window: MainWindow) -> None:
    heat = window.session.state.heat
    row = (POLARITIES.index(heat.polarity) + 1) % len(POLARITIES)
    window.session.update(heat=replace(heat, polarity=POLARITIES[row]))


def _full_screen(window: MainWindow) -> None:
    window.showNormal() if window.isFullScreen() else window.showFullScreen()
