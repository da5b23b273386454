from __future__ import annotations

from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from gui.main_window.window import MainWindow
from tests.gui.conftest import FakeEngine

SUBJECT = 'LRP of "walking", frames 0-39, model fake'
SHORT = 'LRP of "walking", 0-39, fake'


def choose(window: MainWindow, method: str) -> None:
    window.panel.method.setCurrentIndex(window.panel.method.findData(method))


def test_marks_say_what_the_results_are_of(explained: MainWindow, qtbot: QtBot) -> None:
    results = explained.explain.results
    explained.view.update(preset="recommended", sigma=2.0)
    assert results.subject.text() == f"{SUBJECT}, recommended, sigma 2."
    assert not results.stale.isVisible()
    qtbot.waitUntil(lambda: explained.panes.panes["motion"].badge != "")
    badges = {kind: pane.badge for kind, pane in explained.panes.panes.items()}
    assert badges["relevance"].startswith(SHORT)
    assert badges["motion"].startswith(f"{SHORT}, recommended, sigma 2")
    assert badges["video"] == ""


def test_results_of_other_settings_are_marked_stale(explained: MainWindow, qtbot: QtBot) -> None:
    results = explained.explain.results
    choose(explained, "grad_cam")
    explained.panel.first.setValue(8)
    qtbot.waitUntil(lambda: results.stale.isVisibleTo(results))
    said = 'These results: LRP of "walking", frames 0-39. '
    asks = "The panel now asks for Grad-CAM, frames 8-39."
    assert (said + asks) in results.stale.text().replace("&quot;", '"')
    assert results.subject.text() == "Of model fake, evidence."
    assert explained.panes.panes["motion"].badge.startswith(f"stale: {SHORT}")
    choose(explained, "lrp")
    explained.panel.first.setValue(0)
    qtbot.waitUntil(lambda: not results.stale.isVisibleTo(results))
    assert explained.panes.panes["motion"].badge.startswith(SHORT)


def test_link_brings_the_settings_back(explained: MainWindow, qtbot: QtBot) -> None:
    results = explained.explain.results
    choose(explained, "grad_cam")
    explained.panel.target.setCurrentText("boxing")
    qtbot.waitUntil(lambda: results.stale.isVisibleTo(results))
    results.stale.linkActivated.emit("settings")
    assert explained.panel.settings().method == "lrp"
    assert explained.panel.settings().target is None
    qtbot.waitUntil(lambda: not results.stale.isVisibleTo(results))


def test_part_of_a_run_says_how_much_there_is(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.held_at = 2
    opened.panel.bar.explain.click()
    subject = opened.explain.results.subject
    qtbot.waitUntil(lambda: "2 of 9 windows" in subject.text())
    assert opened.explain.results.clip.property("partial")
    with qtbot.waitSignal(opened.explained):
        engine.gate.set()
    assert "windows" not in subject.text()
    assert not opened.explain.results.clip.property("partial")


def test_failed_run_greys_the_results_before(
    explained: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    engine.fails = True
    choose(explained, "gradient")
    with qtbot.waitSignal(explained.problem_told):
        explained.panel.bar.explain.click()
    for box in explained.findChildren(QMessageBox):
        box.close()
    results = explained.explain.results
    assert results.faded.isEnabled()
    assert "The panel now asks for Gradient." in results.stale.text()
    engine.fails = False
    with qtbot.waitSignal(explained.explained):
        explained.panel.bar.explain.click()
    assert not results.faded.isEnabled()
    assert not results.failure.isVisibleTo(results)


def test_both_analyses_of_a_comparison_are_named(explained: MainWindow, qtbot: QtBot) -> None:
    explained.comparison.pin()
    choose(explained, "gradient")
    with qtbot.waitSignal(explained.explained):
        explained.panel.bar.explain.click()
    badges = {kind: pane.badge for kind, pane in explained.panes.panes.items()}
    assert badges["relevance"].startswith("Gradient of")
    assert badges["other relevance"].startswith(SHORT)
