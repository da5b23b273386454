"""The menu bar: the order of the commands, and the menus that are made anew when opened."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from gui.commands.command import Menus
from gui.panes.pane_grid import PaneGrid
from gui.panes.pane_menu import add_kinds
from gui.session.open_files import FileOpener

MENUS: Menus = {
    "&File": (
        ("file.open", "file.demo", "file.open_analysis"),
        ("session.save", "session.save_as"),
        ("file.about_video", "file.deinterlace", "file.stream"),
        (
            "file.export",
            "file.export_timeline",
            "file.cancel_export",
            "file.save_analysis",
            "file.copy_panes",
        ),
        ("file.quit",),
    ),
    "&Edit": (("edit.undo", "edit.redo"), ("edit.note", "edit.note_range"), ("edit.bouts",)),
    "&Playback": (
        ("play.toggle", "play.back", "play.pause", "play.forward"),
        (
            "step.frame_back",
            "step.frame_on",
            "step.ten_back",
            "step.ten_on",
            "step.first",
            "step.last",
            "step.window_back",
            "step.window_on",
            "step.moment",
            "step.moment_before",
            "step.place",
        ),
        ("range.in", "range.out", "range.clear"),
        ("speed.slower", "speed.faster", "speed.normal", "speed.loop", "speed.pace"),
    ),
    "&View": (
        ("panes.1", "panes.2", "panes.4", "panes.6"),
        ("panes.zoom_in", "panes.zoom_out", "panes.zoom_all"),
        ("heat.less", "heat.more", "heat.colours", "heat.ground", "heat.polarity"),
        ("view.layout", "view.full"),
    ),
    "&View/Theme": (("theme.system", "theme.dark", "theme.light"),),
    "&Model": (
        ("model.explain", "model.cancel", "model.flow"),
        ("model.motion_tests", "model.freezing", "model.split"),
        ("model.add",),
    ),
    "&Compare": (
        ("results.list",),
        ("compare.keep", "compare.open", "compare.swap", "compare.scale", "compare.stop"),
    ),
    "&Help": (
        ("help.tour", "help.reading", "help.guide"),
        ("help.keys", "help.rebind"),
        ("help.log", "help.about"),
    ),
}


def add_recent_menu(menu: QMenu, before: QAction, files: FileOpener) -> None:
    """Add the files last opened, listed anew each time, above an action."""
    recent = QMenu("Open recent", menu)
    menu.insertMenu(before, recent)
    recent.aboutToShow.connect(partial(files.list_recent, recent))


def add_view_menus(view: QMenu, panes: PaneGrid, panels: list[QAction]) -> None:
    """Add what each pane shows, listed anew each time, and the panels."""
    kinds = view.addMenu("Pane content")
    kinds.aboutToShow.connect(partial(_list_panes, panes, kinds))
    view.addMenu("Panels").addActions(panels)


def _list_panes(panes: PaneGrid, menu: QMenu) -> None:
    menu.clear()
    for position, pane in enumerate(panes.panes.values()):
        title = f"Pane {position + 1}: {pane.title}"
        add_kinds(menu.addMenu(title), panes, position)
