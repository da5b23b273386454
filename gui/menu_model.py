"""The Model and Compare menus: explaining, and two analyses side by side."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gui.choosing import choose_other
from gui.commands import Command, MenuOf

if TYPE_CHECKING:
    from gui.window import MainWindow


def model_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the Model menu."""
    make, tr = MenuOf("model", window.tr("&Model")), window.tr
    return (
        make("explain", tr("Explain"), window.desk.explain_chosen, "Ctrl+Return", enabled=False),
        make("cancel", tr("Cancel explaining"), window.explaining.cancel, "Ctrl+."),
        make("flow", tr("Measure the motion of the video"), window.measure_flow, enabled=False),
        None,
        make("add", tr("Add model..."), window.add_model),
    )


def compare_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the Compare menu."""
    make, tr = MenuOf("compare", window.tr("&Compare")), window.tr
    compare = window.comparing
    another = partial(choose_other, window)
    return (
        make(
            "keep", tr("Keep, to compare the next with it"), compare.keep, "Ctrl+K", enabled=False
        ),
        make("open", tr("Compare with a saved one..."), another, enabled=False),
        make("swap", tr("Swap the two"), compare.swap, "Ctrl+J", enabled=False),
        make(
            "scale",
            tr("One scale for both"),
            partial(_share_scale, window),
            checkable=True,
            enabled=False,
        ),
        make("stop", tr("End the comparison"), compare.stop, enabled=False),
    )


def _share_scale(window: MainWindow) -> None:
    window.comparing.share_scale(window.commands.action("compare.scale").isChecked())
