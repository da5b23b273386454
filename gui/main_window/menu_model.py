"""The Model and Compare menus: explaining, and two analyses side by side."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gui.commands.command import Command, MenuOf
from gui.session.choose_files import choose_other

if TYPE_CHECKING:
    from gui.main_window.window import MainWindow


def model_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the Model menu."""
    make = MenuOf("model", "&Model")
    return (
        make("explain", "Explain", window.explain.explain_chosen, "Ctrl+Return", enabled=False),
        make("cancel", "Cancel explaining", window.runs.cancel, "Ctrl+."),
        make("flow", "Measure the motion of the video", window.measure_flow, enabled=False),
        None,
        make("add", "Add model...", window.add_model),
    )


def compare_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the Compare menu."""
    make = MenuOf("compare", "&Compare")
    compare = window.comparison
    another = partial(choose_other, window)
    return (
        make("keep", "Keep, to compare the next with it", compare.keep, "Ctrl+K", enabled=False),
        make("open", "Compare with a saved one...", another, enabled=False),
        make("swap", "Swap the two", compare.swap, "Ctrl+J", enabled=False),
        make(
            "scale",
            "One scale for both",
            partial(_share_scale, window),
            checkable=True,
            enabled=False,
        ),
        make("stop", "End the comparison", compare.stop, enabled=False),
    )


def _share_scale(window: MainWindow) -> None:
    window.comparison.share_scale(window.commands.action("compare.scale").isChecked())
