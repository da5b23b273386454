from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from engine.annotations.regions import Box, Region, Stroke
from engine.types import Progress
from engine.what_if.queries import MotionTests, RegionAgreement, WhatIfQuery, WhatIfResult
from gui.theme.theme import DARK, style_sheet
from gui.what_if.panel import WhatIfPanel

REGION = Region((Box(0, 10, 0.1, 0.1, 0.5, 0.5),))
OTHER = Region((*REGION.shapes, Stroke(0, 10, ((0.5, 0.5),), 0.1)))
BEFORE = 0.04, 0.8, 0.1, 0.03, 0.02, 0.01
LABELS = "walking", "boxing", "waving", "clapping", "jogging", "squat"
TESTS = MotionTests(
    "boxing",
    {"original": 0.9, "frozen": 0.2, "reversed": 0.91, "shuffled": 0.5},
    {"original": 3.0, "frozen": 0.0, "reversed": 3.1, "shuffled": 1.0},
    windows=1,
    shuffles=8,
)


def answer_of(
    after: list[float],
    windows: int = 1,
    region: Region = REGION,
    before: tuple[float, ...] = BEFORE,
) -> WhatIfResult:
    was, changed = np.array(before), np.array(after)
    return WhatIfResult(
        query=WhatIfQuery(region),
        labels=LABELS,
        logits=np.log(was),
        changed_logits=np.log(changed),
        probabilities=was,
        changed_probabilities=changed,
        pictures=np.zeros((4, 8, 8, 3), np.uint8),
        picture_frames=np.array([16, 18, 20, 22]),
        changed_share=0.25,
        windows=windows,
    )


LESS = [0.04, 0.5, 0.4, 0.03, 0.02, 0.01]
LOST = [0.5, 0.2, 0.1, 0.1, 0.05, 0.05]


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[WhatIfPanel]:
    area, panel = QScrollArea(), WhatIfPanel()
    qtbot.addWidget(area)
    area.setStyleSheet(style_sheet(DARK))
    area.setWidgetResizable(True)
    area.setWidget(panel)
    area.resize(372, 700)
    area.show()
    qtbot.waitActive(area)
    yield panel
    area.close()


@pytest.fixture
def ready(panel: WhatIfPanel) -> WhatIfPanel:
    panel.set_video(True)
    panel.set_analysis(True)
    panel.show_region(REGION)
    return panel


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def choose(combo: QComboBox, key: object) -> None:
    combo.setCurrentIndex(combo.findData(key))


def test_panel_without_a_video_can_ask_nothing(panel: WhatIfPanel) -> None:
    buttons = panel.ask, panel.test, panel.measure, *panel.tools.buttons.values()
    assert not any(button.isEnabled() for button in buttons)
    assert "Paint on a picture" in panel.hint.text()
    assert not panel.result.isVisible()


def test_panel_asks_once_there_is_something_painted(panel: WhatIfPanel) -> None:
    panel.set_video(True)
    assert panel.test.isEnabled()
    assert not panel.ask.isEnabled()
    assert panel.ask.toolTip()
    panel.show_region(REGION)
    assert panel.ask.isEnabled()
    assert not panel.measure.isEnabled()
    panel.set_analysis(True)
    assert panel.measure.isEnabled()
    panel.show_region(Region((Stroke(0, 5, ((0.5, 0.5),), 0.1, erases=True),)))
    assert not panel.ask.isEnabled()


def test_panel_asks_what_is_set(ready: WhatIfPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(ready.ask_requested) as caught:
        click(ready.ask)
    assert caught.args == [WhatIfQuery(REGION)]
    choose(ready.keep, True)
    choose(ready.fill, "frozen")
    choose(ready.scope, "clip")
    with qtbot.waitSignal(ready.ask_requested) as caught:
        click(ready.ask)
    assert caught.args == [WhatIfQuery(REGION, keep=True, fill="frozen", scope="clip")]


def test_panel_asks_for_tests_and_measures(ready: WhatIfPanel, qtbot: QtBot) -> None:
    choose(ready.scope, "clip")
    with qtbot.waitSignal(ready.motion_tests_requested) as caught:
        click(ready.test)
    assert caught.args == ["clip"]
    with qtbot.waitSignal(ready.agreement_requested) as caught:
        click(ready.measure)
    assert caught.args == [REGION]


def test_panel_shows_five_classes_before_and_after(ready: WhatIfPanel) -> None:
    ready.show_result(answer_of(LESS))
    pairs = [(pair.name, pair.before, pair.after) for pair in ready.result.bars.pairs]
    assert pairs == [
        ("boxing", 0.8, 0.5),
        ("waving", 0.1, 0.4),
        ("walking", 0.04, 0.04),
        ("clapping", 0.03, 0.03),
        ("jogging", 0.02, 0.02),
    ]
    verdict = ready.result.verdict.text().replace("\u00a0", " ")
    assert verdict == "boxing: 80 % becomes 50 %, −30 points."
    assert ready.result.pictures.captions == ("16", "18", "20", "22")
    assert "25\u00a0%" in ready.result.seen.text()
    assert ready.result.isVisible()


def test_panel_says_when_the_model_changes_its_mind(ready: WhatIfPanel) -> None:
    ready.show_result(answer_of(LOST, windows=9))
    assert "says walking instead" in ready.result.verdict.text()
    assert "9 windows" in ready.result.verdict.text()


def test_panel_shows_a_class_that_rises_from_below(ready: WhatIfPanel) -> None:
    ready.show_result(answer_of([0.04, 0.1, 0.1, 0.03, 0.01, 0.72]))
    names = [pair.name for pair in ready.result.bars.pairs]
    assert names == ["boxing", "waving", "walking", "clapping", "squat"]


def test_panel_shows_the_class_that_falls_below_all_others(ready: WhatIfPanel) -> None:
    before = 0.2, 0.3, 0.2, 0.1, 0.1, 0.1
    after = [0.32, 0.01, 0.31, 0.31, 0.31, 0.31]
    ready.show_result(answer_of(after, before=before))
    assert ready.result.bars.pairs[0].name == "boxing"
    assert len(ready.result.bars.pairs) == 5


def test_panel_marks_an_answer_about_another_region(ready: WhatIfPanel) -> None:
    ready.show_result(answer_of(LESS))
    assert not ready.result.stale.isVisible()
    ready.show_region(OTHER)
    assert ready.result.stale.isVisible()
    ready.show_region(REGION)
    assert not ready.result.stale.isVisible()
    ready.show_result(answer_of(LESS, region=OTHER))  # it was painted on while it was asked
    assert ready.result.stale.isVisible()


def test_panel_shows_tests_beside_the_original(ready: WhatIfPanel) -> None:
    ready.show_result(TESTS)
    pairs = [(pair.name, pair.before, pair.after) for pair in ready.motion.bars.pairs]
    assert pairs == [("Frozen", 0.9, 0.2), ("Reversed", 0.9, 0.91), ("Shuffled", 0.9, 0.5)]
    assert "boxing" in ready.motion.tested.text()


def test_panel_says_where_the_relevance_lies(ready: WhatIfPanel) -> None:
    ready.show_result(RegionAgreement(REGION, (0.3, 0.25), (0.62, 0.55), 0.08, 12))
    said = ready.agreement.motion.text().replace("\u00a0", " ")
    assert (
        said
        == "62 % of the motion relevance lies in your region, and 55 % of its strongest places."
    )
    assert "30\u00a0%" in ready.agreement.relevance.text()
    assert "8\u00a0%" in ready.agreement.area.text()
    assert "12 frames" in ready.agreement.area.text()
    ready.show_region(OTHER)
    assert not ready.agreement.isVisible()


def test_panel_drops_a_measure_of_another_region(ready: WhatIfPanel) -> None:
    ready.show_region(OTHER)
    ready.show_busy(True)
    ready.show_result(RegionAgreement(REGION, (0.3, 0.25), (0.62, 0.55), 0.08, 12))
    assert not ready.agreement.isVisible()
    assert ready.measure.isEnabled()


def test_panel_says_where_there_is_no_relevance(ready: WhatIfPanel) -> None:
    ready.show_result(RegionAgreement(REGION, (0.3, 0.25), (math.nan, 1.0), 0.08, 12))
    assert "no motion relevance" in ready.agreement.motion.text()


def test_panel_turns_between_ask_and_cancel(ready: WhatIfPanel, qtbot: QtBot) -> None:
    ready.show_busy(True)
    assert not ready.ask.isVisible()
    assert not any(button.isEnabled() for button in (ready.test, ready.measure))
    ready.show_progress(Progress("Asking the model", 3, 9))
    assert (ready.progress.value(), ready.progress.maximum()) == (3, 9)
    with qtbot.waitSignal(ready.cancel_requested):
        QTest.keyClick(ready.cancel, Qt.Key.Key_Space)
    assert not ready.cancel.isEnabled()
    ready.show_busy(False)
    assert ready.ask.isVisible()
    assert ready.test.isEnabled()


def test_panel_keeps_the_answer_when_the_next_fails(ready: WhatIfPanel) -> None:
    ready.show_result(answer_of(LESS))
    ready.show_busy(True)
    ready.show_failure("The video is gone.")
    assert ready.failure.isVisible()
    assert ready.result.isVisible()
    assert ready.ask.isEnabled()
    ready.show_busy(True)
    assert not ready.failure.isVisible()


def test_panel_forgets_answers_about_another_video(ready: WhatIfPanel) -> None:
    ready.show_result(answer_of(LESS))
    ready.show_result(TESTS)
    ready.show_result(RegionAgreement(REGION, (0.3, 0.25), (0.62, 0.55), 0.08, 12))
    ready.set_video(True)
    views = ready.result, ready.motion, ready.agreement
    assert not any(view.isVisible() for view in views)


def test_tools_choose_one_or_none(ready: WhatIfPanel) -> None:
    told: list[str] = []
    ready.tools.tool_chosen.connect(told.append)
    buttons = ready.tools.buttons
    click(buttons["box"])
    assert ready.tools.hint.isVisible()
    QTest.keyClick(buttons["brush"], Qt.Key.Key_Space)
    assert not buttons["box"].isChecked()
    click(buttons["brush"])
    assert told == ["box", "brush", "off"]
    assert not ready.tools.hint.isVisible()


def test_tools_stop_drawing_when_hidden_or_without_a_video(ready: WhatIfPanel) -> None:
    told: list[str] = []
    ready.tools.tool_chosen.connect(told.append)
    click(ready.tools.buttons["box"])
    ready.hide()
    ready.show()
    click(ready.tools.buttons["eraser"])
    ready.set_video(False)
    assert told == ["box", "off", "eraser", "off"]
    assert not any(button.isChecked() for button in ready.tools.buttons.values())


def test_tools_offer_the_range_only_where_there_is_one(ready: WhatIfPanel, qtbot: QtBot) -> None:
    frames = ready.tools.frames
    ready.tools.show_range((3, 9))
    frames.setFocus()
    with qtbot.waitSignal(ready.tools.frames_chosen) as caught:
        QTest.keyClick(frames, Qt.Key.Key_Down)
    assert caught.args == ["range"]
    with qtbot.waitSignal(ready.tools.frames_chosen) as caught:
        ready.tools.show_range(None)
    assert caught.args == ["all"]
    QTest.keyClick(frames, Qt.Key.Key_Down)
    assert frames.currentData() == "frame"


def test_tools_take_a_box_by_numbers(ready: WhatIfPanel, qtbot: QtBot) -> None:
    tools = ready.tools
    QTest.keyClick(tools.by_numbers.button, Qt.Key.Key_Space)
    assert tools.add_box.isVisible()
    tools.sides[0].setValue(10)
    with qtbot.waitSignal(tools.box_entered) as caught:
        QTest.keyClick(tools.add_box, Qt.Key.Key_Space)
    assert caught.args == [(0.1, 0.25, 0.75, 0.75)]
    tools.sides[0].setValue(75)
    assert not tools.add_box.isEnabled()
    assert "before right" in tools.add_box.toolTip()


def test_tools_tell_radius_and_clear(ready: WhatIfPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(ready.tools.radius_chosen) as caught:
        ready.tools.radius.setValue(120)
    assert caught.args == [0.12]
    with qtbot.waitSignal(ready.tools.clear_requested):
        click(ready.tools.clear)
    ready.show_region(Region())
    assert not ready.tools.clear.isEnabled()
    assert "Nothing painted" in ready.tools.summary.text()


def test_panel_fits_a_narrow_dock(ready: WhatIfPanel) -> None:
    ready.show_result(answer_of(LOST))
    ready.show_result(TESTS)
    ready.show_result(RegionAgreement(REGION, (0.3, 0.25), (0.62, 0.55), 0.08, 12))
    ready.tools.by_numbers.button.click()
    assert ready.minimumSizeHint().width() <= 300 - 2 * 12 - 16
