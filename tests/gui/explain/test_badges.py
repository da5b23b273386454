from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from engine.diagnostics.reliability import Badge
from gui.explain.badges import Badges
from gui.main_window.window import MainWindow

GOOD = Badge("border", "9% at the border", "ok", "Little lies at the border.")
CAUTION = Badge("interpolation", "40% of frames interpolated", "caution", "Read few frames there.")
BAD = Badge("unlike", "unlike the training data?", "error", "The model is unsure.")


@pytest.fixture
def badges(qtbot: QtBot) -> Badges:
    badges = Badges()
    qtbot.addWidget(badges)
    badges.resize(300, 100)
    badges.show_badges((GOOD, CAUTION, BAD))
    badges.show()
    return badges


def test_badges_show_what_is_bad_first(badges: Badges) -> None:
    assert [chip.badge.level for chip in badges.chips] == ["error", "caution", "ok"]


def test_badges_name_their_levels_in_words(badges: Badges) -> None:
    words = [chip.accessibleName().split(":")[0] for chip in badges.chips]
    assert words == ["Error", "Caution", "OK"]


def test_the_same_badges_again_keep_the_chips(badges: Badges) -> None:
    chips = list(badges.chips)
    badges.show_badges((CAUTION, GOOD, BAD))
    assert badges.chips == chips


def test_no_badges_take_no_room(badges: Badges) -> None:
    badges.show_badges(())
    assert badges.isHidden()
    assert badges.chips == []


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_a_chip_explains_itself_by_the_keyboard(key: Qt.Key, badges: Badges, qtbot: QtBot) -> None:
    qtbot.keyClick(badges.chips[0], key)
    assert "The model is unsure." in QToolTip.text()
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_space_on_a_chip_does_not_play(explained: MainWindow, qtbot: QtBot) -> None:
    chip = explained.explain.results.badges.chips[0]
    explained.activateWindow()
    chip.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(chip.hasFocus)
    qtbot.keyClick(chip, Qt.Key.Key_Space)
    assert not explained.view.state.playing
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())
