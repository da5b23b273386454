from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from engine.what_if.checks import FreezeCheck, StillSplit
from gui.main_window.window import MainWindow
from gui.theme import theme
from gui.what_if.map_checks import MapChecks
from tests.gui.conftest import freeze_check_of

CHECK = freeze_check_of()
_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def checks(qtbot: QtBot) -> MapChecks:
    checks = MapChecks()
    qtbot.addWidget(checks)
    checks.resize(280, 700)
    checks.show()
    checks.enable(idle=True, has_analysis=True)
    return checks


def test_checks_need_an_analysis_to_freeze_and_none_to_split(checks: MapChecks) -> None:
    checks.enable(idle=True, has_analysis=False)
    assert (checks.freeze.isEnabled(), checks.split.isEnabled()) == (False, True)
    assert checks.freeze.toolTip() == "Explain the video first"
    checks.enable(idle=False, has_analysis=True)
    assert (checks.freeze.isEnabled(), checks.split.isEnabled()) == (False, False)


def test_checks_are_asked_for_by_their_buttons(checks: MapChecks, qtbot: QtBot) -> None:
    with qtbot.waitSignal(checks.freezing_requested):
        qtbot.mouseClick(checks.freeze, _LEFT)
    with qtbot.waitSignal(checks.split_requested):
        qtbot.mouseClick(checks.split, _LEFT)


def test_freezing_shows_three_bars_and_a_sentence(checks: MapChecks) -> None:
    checks.show_result(CHECK)
    view = checks.freezing
    assert [(p.name, p.before, p.after) for p in view.bars.pairs] == [
        ("Motion", 0.9, 0.2),
        ("Others at random", 0.9, 0.8),
        ("Static", 0.9, 0.88),
    ]
    assert "needs what the map calls motion" in view.verdict.text()
    about = view.about.text().replace("\u00a0", " ")
    assert all(said in about for said in ("walking", "10 %", "recommended, sigma 1", "one window"))
    assert view.isVisible()
    checks.clear()
    assert not view.isVisible()


@pytest.mark.parametrize(
    ("motion", "others", "end", "said"),
    [
        ((0.8, 0.75), (0.3, 0.2), 0.1, "do not trust"),
        ((0.8, 0.6), (0.8, 0.62), 0.1, "no more than"),
        ((0.9, 0.89), (0.9, 0.89), 0.9, "does not need the movement"),
    ],
)
def test_freezing_says_where_a_map_misleads(
    checks: MapChecks,
    motion: tuple[float, float],
    others: tuple[float, float],
    end: float,
    said: str,
) -> None:
    found: FreezeCheck = replace(
        CHECK,
        motion=motion[0],
        others=others[0],
        shares=(0.0, 0.1, 0.5, 1.0),
        motion_curve=(0.9, *motion, end),
        others_curve=(0.9, *others, end),
        windows=3,
    )
    checks.show_result(found)
    assert said in checks.freezing.verdict.text()
    assert "3 windows" in checks.freezing.about.text()


def test_curves_are_drawn_and_read_aloud(checks: MapChecks) -> None:
    checks.show_result(CHECK)
    curves = checks.freezing.curves
    assert "10\u00a0% frozen: 20\u00a0% and 80\u00a0%" in curves.accessibleName()
    image = curves.grab().toImage()
    every = ((x, y) for x in range(image.width()) for y in range(22, image.height()))
    painted = {image.pixelColor(x, y).name() for x, y in every}
    colours = theme.colours()
    assert {QColor(colours.motion).name(), QColor(colours.static).name()} <= painted


def test_split_shows_its_share_and_pictures(checks: MapChecks) -> None:
    pictures = np.zeros((2, 8, 8, 3), np.uint8)
    checks.show_result(StillSplit("boxing", "lrp", 0.42, pictures, np.array([4, 8]), 4, 20))
    view = checks.stills
    assert view.verdict.text().startswith("42\u00a0% of the relevance is in no still frame")
    assert view.pictures.captions == ("4", "8")
    assert "boxing by lrp, frames 4 to 19" in view.about.text()
    checks.show_result(StillSplit("", "lrp", float("nan"), pictures, np.array([4, 8]), 4, 20))
    assert "no relevance" in view.verdict.text()


def test_freezing_ends_in_a_badge_of_the_map_that_is_shown(
    explained: MainWindow, qtbot: QtBot
) -> None:
    def named() -> set[str]:
        return {chip.badge.name for chip in explained.explain.results.badges.chips}

    assert "freezing" not in named()
    with qtbot.waitSignal(explained.what_if.map_checked, timeout=10_000):
        explained.commands.action("model.freezing").trigger()
    qtbot.waitUntil(lambda: "freezing" in named())
    assert explained.what_if.panel.isVisible()
    explained.view.update(sigma=2.5)
    qtbot.waitUntil(lambda: "freezing" not in named())


def test_split_is_a_command(explained: MainWindow, qtbot: QtBot) -> None:
    explained.commands.action("model.split").trigger()
    qtbot.waitUntil(lambda: explained.what_if.panel.checks.stills.isVisible(), timeout=10_000)
