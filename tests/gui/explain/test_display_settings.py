from __future__ import annotations

import math
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.render import COLOURS, HeatLook
from gui.explain.display_settings import DisplaySettings
from gui.explain.separation_settings import SeparationSettings
from gui.state.view_state import ViewState

_LEFT = Qt.MouseButton.LeftButton
FIXED = HeatLook("red and blue", 0.4, 0.5, "negative", 0.125)


@pytest.fixture
def heat(qtbot: QtBot) -> DisplaySettings:
    heat = DisplaySettings()
    qtbot.addWidget(heat)
    heat.show()
    return heat


@pytest.fixture
def separation(qtbot: QtBot) -> SeparationSettings:
    separation = SeparationSettings()
    qtbot.addWidget(separation)
    separation.show()
    return separation


def looks(heat: DisplaySettings) -> list[HeatLook]:
    found: list[HeatLook] = []
    heat.look_changed.connect(found.append)
    return found


def wheel(widget: QWidget) -> None:
    at = QPointF(widget.rect().center())
    buttons, keys = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, at, QPoint(), QPoint(0, -120), buttons, keys, phase, False)
    QApplication.sendEvent(widget, event)


def test_heat_is_the_usual_look_at_first(heat: DisplaySettings) -> None:
    assert heat.look() == HeatLook()
    assert [heat.colours.itemText(row) for row in range(heat.colours.count())] == list(COLOURS)
    assert heat.strip.texts() == ("against", "0", "for the class")


@pytest.mark.parametrize("look", [FIXED, HeatLook(polarity="positive"), HeatLook(scale=2e-9)])
def test_heat_shows_a_look_without_telling(
    heat: DisplaySettings, qtbot: QtBot, look: HeatLook
) -> None:
    with qtbot.assertNotEmitted(heat.look_changed):
        heat.show_look(look, 0.5)
    assert heat.look() == look
    assert heat.scale.isEnabled() == (look.scale is not None)


def test_heat_tells_each_change(heat: DisplaySettings, qtbot: QtBot) -> None:
    found = looks(heat)
    qtbot.keyClick(heat.colours, Qt.Key.Key_Down)
    qtbot.keyClick(heat.opacity, Qt.Key.Key_Home)
    qtbot.keyClick(heat.gamma, Qt.Key.Key_Up)
    qtbot.keyClick(heat.polarity, Qt.Key.Key_Down)
    usual = HeatLook()
    assert found[0] == HeatLook(colours="red and blue")
    assert found[1] == HeatLook(colours="red and blue", opacity=0.0)
    assert found[2].gamma == pytest.approx(usual.gamma + 0.1)
    assert found[3].polarity == "positive"
    assert len(found) == 4


def test_fixed_scale_begins_with_that_of_the_clip(heat: DisplaySettings, qtbot: QtBot) -> None:
    heat.show_look(HeatLook(), 0.25)
    assert heat.strip.texts() == ("-0.25", "0", "+0.25")
    assert heat.scale.text() == "0.25"
    assert not heat.scale.isEnabled()
    with qtbot.waitSignal(heat.look_changed) as changed:
        qtbot.keyClick(heat.scale_kind, Qt.Key.Key_Down)
    assert changed.args == [HeatLook(scale=0.25)]
    heat.scale.selectAll()
    qtbot.keyClicks(heat.scale, "0.5")
    assert heat.look().scale == 0.5
    assert heat.strip.texts() == ("-0.5", "0", "+0.5")
    heat.show_look(heat.look(), 0.1)  # of another clip
    assert heat.look().scale == 0.5


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf])
def test_scale_that_is_none_is_not_shown_as_a_number(heat: DisplaySettings, scale: float) -> None:
    heat.show_look(HeatLook(), 0.25)
    heat.show_look(HeatLook(), scale)
    assert heat.strip.texts() == ("against", "0", "for the class")


def test_reset_goes_back_to_the_usual_look(heat: DisplaySettings, qtbot: QtBot) -> None:
    heat.show_look(FIXED, 0.25)
    with qtbot.waitSignal(heat.look_changed) as changed:
        qtbot.mouseClick(heat.reset_button, _LEFT)
    assert changed.args == [HeatLook()]
    assert heat.look() == HeatLook()
    assert heat.strip.texts()[2] == "+0.25"


def test_strip_is_drawn_in_the_colours_of_the_look(heat: DisplaySettings) -> None:
    def ends() -> tuple[QColor, QColor, QColor]:
        image = heat.strip.grab().toImage()
        right = heat.strip.width() - 2
        left, middle, end = (image.pixelColor(x, 9) for x in (1, right // 2, right))
        return left, middle, end

    heat.show_look(HeatLook("red and blue", opacity=1.0), 0.0)
    against, nothing, for_it = ends()
    assert against.blue() > against.red() + 60
    assert for_it.red() > for_it.blue() + 60
    heat.show_look(HeatLook("red and blue", opacity=1.0, polarity="positive"), 0.0)
    left, _, right = ends()
    assert abs(left.lightness() - nothing.lightness()) < 3
    assert right == for_it


def test_wheel_passes_over_settings_that_have_no_focus(heat: DisplaySettings) -> None:
    found = looks(heat)
    heat.reset_button.setFocus()
    for edit in (heat.colours, heat.opacity, heat.gamma):
        wheel(edit)
    assert found == []
    heat.gamma.setFocus()
    wheel(heat.gamma)
    assert len(found) == 1


def test_separation_tells_preset_and_sigma(separation: SeparationSettings, qtbot: QtBot) -> None:
    with qtbot.waitSignal(separation.preset_changed) as preset:
        qtbot.keyClick(separation.preset, Qt.Key.Key_Down)
    assert preset.args == [separation.preset.itemText(1)]
    separation.sigma.selectAll()
    with qtbot.waitSignal(separation.sigma_changed) as sigma:
        qtbot.keyClicks(separation.sigma, "3")
    assert sigma.args == [3.0]
    with qtbot.waitSignal(separation.sigma_changed) as sigma:
        qtbot.keyClick(separation.sigma_slider, Qt.Key.Key_End)
    assert sigma.args == [4.0]


@pytest.mark.parametrize(("sigma", "slider"), [(0.0, 0), (2.5, 50), (9.0, 80)])
def test_separation_shows_a_state_without_telling(
    separation: SeparationSettings, qtbot: QtBot, sigma: float, slider: int
) -> None:
    state = ViewState(sigma=sigma, preset=separation.preset.itemText(1))
    with (
        qtbot.assertNotEmitted(separation.sigma_changed),
        qtbot.assertNotEmitted(separation.preset_changed),
    ):
        separation.show_state(state)
    assert separation.sigma.value() == sigma
    assert separation.sigma_slider.value() == slider
    assert separation.preset.currentText() == state.preset


def test_sigma_means_nothing_to_maps_of_the_evidence(separation: SeparationSettings) -> None:
    if separation.preset.findText("evidence") < 0:
        separation.preset.addItem("evidence")
    separation.show_state(replace(ViewState(), preset="evidence"))  # type: ignore[arg-type]
    assert not separation.sigma.isEnabled()
    assert not separation.sigma_slider.isEnabled()
    assert "not cut by a threshold" in separation.sigma_slider.toolTip()
    separation.show_state(replace(ViewState(), preset="recommended"))
    assert separation.sigma.isEnabled()
    assert "sharpest changes" in separation.sigma.toolTip()


def test_presets_say_what_they_are(separation: SeparationSettings) -> None:
    box = separation.preset
    texts = [box.itemData(i, Qt.ItemDataRole.ToolTipRole) for i in range(box.count())]
    assert all(texts)


def test_opacity_is_a_number_beside_its_slider(heat: DisplaySettings, qtbot: QtBot) -> None:
    assert heat.opacity_number.text() == "85 %"
    found = looks(heat)
    heat.opacity_number.selectAll()
    qtbot.keyClicks(heat.opacity_number, "40")
    assert found[-1].opacity == heat.opacity.value() / 100 == 0.4
    heat.opacity.setValue(70)
    assert heat.opacity_number.text() == "70 %"
    heat.show_look(HeatLook(opacity=0.15), 0.0)
    assert (heat.opacity.value(), heat.opacity_number.value()) == (15, 15)


def test_ground_and_contrast_are_chosen(heat: DisplaySettings, qtbot: QtBot) -> None:
    heat.show_look(HeatLook(), 0.25)
    found = looks(heat)
    qtbot.keyClick(heat.ground, Qt.Key.Key_Down)
    heat.percentile.setCurrentIndex(heat.percentile.findData(99.0))
    assert found[-1] == HeatLook(ground="colour", percentile=99.0)
    assert heat.strip.texts() == ("-0.25", "0 (full: 99 %)", "+0.25")
    qtbot.keyClick(heat.scale_kind, Qt.Key.Key_Down)
    assert found[-1] == HeatLook(ground="colour", scale=0.25)
    assert not heat.percentile.isEnabled()
    heat.show_look(HeatLook(percentile=77.5), 0.25)
    assert heat.look().percentile == 77.5
    assert heat.percentile.currentText() == "77.5 %"


def test_any_map_is_found_by_a_part_of_its_name(heat: DisplaySettings, qtbot: QtBot) -> None:
    found, box = looks(heat), heat.colours
    qtbot.waitUntil(lambda: "yorick:yarg" in box.names.names)
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), "CET_D1A")
    completer = box.completer()
    assert completer.completionCount() == 1
    qtbot.keyClick(completer.popup(), Qt.Key.Key_Down)
    qtbot.keyClick(completer.popup(), Qt.Key.Key_Return)
    assert [look.colours for look in found] == ["colorcet:CET_D1A"]
    assert heat.look().colours == box.currentText() == "colorcet:CET_D1A"


def test_text_that_is_no_map_gives_way_to_the_one_before(
    heat: DisplaySettings, qtbot: QtBot
) -> None:
    found, box = looks(heat), heat.colours
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), "cmap:blue")  # alike at both ends
    qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    assert found == []
    assert box.currentText() == "fire and ice"


def test_return_in_the_search_is_no_key_of_the_window(heat: DisplaySettings, qtbot: QtBot) -> None:
    pressed: list[bool] = []
    action = QAction(heat)
    action.setShortcut("Return")
    action.triggered.connect(lambda: pressed.append(True))
    heat.addAction(action)
    heat.activateWindow()
    heat.colours.setFocus()
    qtbot.waitUntil(heat.colours.hasFocus)
    heat.colours.lineEdit().selectAll()
    qtbot.keyClicks(heat.colours, "Red and Blue")
    qtbot.keyClick(heat.colours, Qt.Key.Key_Return)
    assert pressed == []
    assert heat.look().colours == "red and blue"
