from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from engine.store import Analysis
from engine.types import Request
from gui.main_window.window import MainWindow
from tests.gui.conftest import header_for, relevance, window_at

PANES = ("relevance", "other relevance", "motion", "other motion")


def explain(window: MainWindow, qtbot: QtBot, method: str) -> None:
    window.panel.method.setCurrentIndex(window.panel.method.findData(method))
    made = [window.explained, window.explain.refilter.finished]
    with qtbot.waitSignals(made, timeout=10_000):
        window.panel.bar.explain.click()
    qtbot.waitUntil(lambda: not window.explain.refilter.busy)


def other_curves(window: MainWindow) -> np.ndarray | None:
    found: np.ndarray | None = window.timeline.plots._other_share.getData()[1]
    return found


@pytest.fixture
def compared(explained: MainWindow, qtbot: QtBot) -> MainWindow:
    """The first analysis is kept, and another one made."""
    qtbot.keyClick(explained, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    explain(explained, qtbot, "gradient")
    qtbot.waitUntil(lambda: other_curves(explained) is not None)
    return explained


def saved(folder: Path, count: int, size: tuple[int, int] | None = None) -> Path:
    header = header_for(Request(video=Path("square.mp4")), 0, count)
    analysis = Analysis.create(header if size is None else replace(header, size=size))
    windows = [window_at(first, min(8, count - first)) for first in range(0, count, 8)]
    analysis.append(windows, relevance(0, count))
    analysis.save(folder, preset="recommended", sigma=4.0)
    analysis.close()
    return folder


def test_kept_analysis_is_shown_beside_the_next(compared: MainWindow) -> None:
    assert tuple(compared.panes.panes) == PANES
    assert all(pane.image is not None for pane in compared.panes.panes.values())
    first, other = compared.analysis, compared.comparison.other
    assert first is not None
    assert other is not None
    assert (first.header.request.method, other.header.request.method) == ("gradient", "lrp")


def test_both_are_called_by_what_tells_them_apart(compared: MainWindow) -> None:
    names = compared.panes.renderer.names
    assert names[0] != names[1]
    assert all(name for name in names)
    assert names[1] in compared.timeline.readout.text()
    badges = {kind: pane.badge for kind, pane in compared.panes.panes.items()}
    assert names[0] in badges["motion"]
    assert names[1] in badges["other motion"]


def test_swap_shows_the_other_first(compared: MainWindow, qtbot: QtBot) -> None:
    first, other = compared.analysis, compared.comparison.other
    names = compared.panes.renderer.names
    with qtbot.waitSignal(compared.explain.curves_made, timeout=10_000):
        qtbot.keyClick(compared, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert (compared.analysis, compared.comparison.other) == (other, first)
    assert compared.panes.renderer.names == names[::-1]
    assert tuple(compared.panes.panes) == PANES


def test_stop_shows_what_was_shown_before(compared: MainWindow) -> None:
    compared.commands.action("compare.stop").trigger()
    assert tuple(compared.panes.panes) == ("video", "relevance", "motion", "static")
    assert compared.comparison.other is None
    assert other_curves(compared) is None
    assert compared.analysis is not None
    for name in ("compare.swap", "compare.scale", "compare.stop"):
        assert not compared.commands.action(name).isEnabled()


def test_curves_of_the_other_follow_sigma(compared: MainWindow, qtbot: QtBot) -> None:
    compared.view.update(preset="recommended")
    qtbot.waitUntil(lambda: not compared.comparison._curves.busy)
    before = np.array(other_curves(compared))
    compared.explain.separation.sigma.setValue(3.5)
    qtbot.waitUntil(lambda: not np.array_equal(other_curves(compared), before))


def test_scale_is_shared_on_request(compared: MainWindow) -> None:
    compared.commands.action("compare.scale").trigger()
    assert compared.panes.renderer.one_scale
    compared.commands.action("compare.scale").trigger()
    assert not compared.panes.renderer.one_scale


def test_new_video_ends_the_comparison(compared: MainWindow, qtbot: QtBot, clip: Path) -> None:
    with qtbot.waitSignal(compared.video_opened, timeout=10_000):
        compared.open_video(clip)
    assert compared.comparison.other is None
    assert "other relevance" not in compared.panes.panes


def test_saved_analysis_is_compared_with(
    explained: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = saved(tmp_path / "other", 40)
    explained.commands.action("compare.open").trigger()
    dialog = explained.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    with qtbot.waitSignal(explained.comparison.changed, timeout=10_000):
        dialog.fileSelected.emit(str(folder))
    dialog.close()
    assert explained.comparison.other is not None
    assert explained.comparison.other.folder == folder


@pytest.mark.parametrize(("count", "size"), [(41, None), (40, (64, 96))])
def test_analysis_of_another_video_is_refused(
    explained: MainWindow, qtbot: QtBot, tmp_path: Path, count: int, size: tuple[int, int] | None
) -> None:
    folder = saved(tmp_path / "other", count, size)
    with qtbot.waitSignal(explained.problem_told, timeout=10_000) as told:
        explained.comparison.open(folder)
    assert told.args == ["other explains another video."]
    assert explained.comparison.other is None
    assert tuple(explained.panes.panes) == ("video", "relevance", "motion", "static")


def test_folder_that_is_no_analysis_is_told(
    explained: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(explained.problem_told, timeout=10_000):
        explained.comparison.open(tmp_path)
    assert explained.comparison.other is None


def test_nothing_is_kept_before_there_is_an_analysis(opened: MainWindow, qtbot: QtBot) -> None:
    for name in ("keep", "open", "swap", "scale", "stop"):
        assert not opened.commands.action(f"compare.{name}").isEnabled()
    opened.comparison.pin()
    opened.comparison.swap()
    opened.comparison.stop()
    assert opened.comparison.other is None
