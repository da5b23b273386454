from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QMainWindow, QToolButton
from pytestqt.qtbot import QtBot

from gui.playback.transport import Transport
from gui.state.view_state import LOOPS, PACES, SPEEDS, ViewState
from gui.theme import theme
from gui.widgets.time_entry import clock, parse_place

FRAMES = 100
TIMES_S = np.arange(FRAMES) / 25.0
STATE = ViewState(frame=30, frame_count=FRAMES)
_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def transport(qtbot: QtBot) -> Transport:
    transport = Transport()
    qtbot.addWidget(transport)
    transport.resize(1000, 70)
    transport.show()
    transport.show_state(STATE, TIMES_S)
    return transport


def click(qtbot: QtBot, button: QToolButton) -> None:
    qtbot.mouseClick(button, _LEFT)


def spot(transport: Transport, frame: int) -> QPoint:
    return QPoint(round(transport.slider._x(frame)), transport.slider.height() // 2)


def test_transport_shows_where_the_playhead_is_without_telling(
    transport: Transport, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(transport.frame_requested):
        transport.show_state(replace(STATE, frame=75), TIMES_S)
    assert (transport.slider.value(), transport.number.value()) == (75, 75)
    assert transport.number.maximum() == FRAMES - 1
    assert (transport.time.text(), transport.whole.text()) == ("0:03.000", "/ 0:03.960")


def test_transport_is_off_without_a_video(transport: Transport, qtbot: QtBot) -> None:
    transport.show_state(ViewState(), np.zeros(0))
    assert not transport.isEnabled()
    with qtbot.assertNotEmitted(transport.play_toggled):
        click(qtbot, transport.play)


@pytest.mark.parametrize(
    ("button", "frames"), [("back", -1), ("forward", 1), ("first", -FRAMES), ("last", FRAMES)]
)
def test_step_buttons_step(transport: Transport, qtbot: QtBot, button: str, frames: int) -> None:
    with qtbot.waitSignal(transport.stepped) as stepped:
        click(qtbot, getattr(transport, button))
    if abs(frames) == 1:
        assert stepped.args == [frames]
    else:
        assert stepped.args[0] / frames >= 1


def test_play_button_shows_what_a_click_would_do(transport: Transport, qtbot: QtBot) -> None:
    def drawn() -> object:
        return transport.play.icon().pixmap(16, 16).toImage()

    waiting = drawn()
    with qtbot.waitSignal(transport.play_toggled):
        click(qtbot, transport.play)
    transport.show_state(replace(STATE, playing=True), TIMES_S)
    assert drawn() != waiting
    transport.show_state(STATE, TIMES_S)
    assert drawn() == waiting


@pytest.mark.parametrize(
    ("chosen", "begins", "ends"),
    [
        (None, (30, FRAMES), (0, 31)),
        ((10, 50), (30, 50), (10, 31)),
        ((10, 30), (30, FRAMES), (10, 31)),
        ((31, 50), (30, 50), (0, 31)),
    ],
)
def test_range_begins_and_ends_at_the_playhead(
    transport: Transport,
    qtbot: QtBot,
    chosen: tuple[int, int] | None,
    begins: tuple[int, int],
    ends: tuple[int, int],
) -> None:
    transport.show_state(replace(STATE, range=chosen), TIMES_S)
    for button, wanted in ((transport.mark_in, begins), (transport.mark_out, ends)):
        with qtbot.waitSignal(transport.range_changed) as changed:
            click(qtbot, button)
        assert changed.args == [wanted]


def test_range_can_be_cleared_when_there_is_one(transport: Transport, qtbot: QtBot) -> None:
    assert not transport.clear.isEnabled()
    transport.show_state(replace(STATE, range=(10, 50)), TIMES_S)
    with qtbot.waitSignal(transport.range_changed) as changed:
        click(qtbot, transport.clear)
    assert changed.args == [None]


@pytest.mark.parametrize("loop", LOOPS)
def test_loop_button_goes_round_the_choices(transport: Transport, qtbot: QtBot, loop: str) -> None:
    transport.show_state(replace(STATE, loop=loop), TIMES_S)
    with qtbot.waitSignal(transport.loop_changed) as changed:
        click(qtbot, transport.loop)
    assert changed.args == [LOOPS[(LOOPS.index(loop) + 1) % 3]]
    words = {"off": "off", "loop": "repeat", "ping-pong": "ping-pong"}
    assert words[loop] in transport.loop.toolTip()


def test_speed_and_pace_are_chosen_by_key_and_shown(transport: Transport, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(transport.speed_changed):
        transport.show_state(replace(STATE, speed=0.5, pace="every frame"), TIMES_S)
    assert transport.speed.currentText() == "0.5x"
    assert transport.pace.currentText() == PACES[1]
    with qtbot.waitSignal(transport.speed_changed) as speed:
        qtbot.keyClick(transport.speed, Qt.Key.Key_Up)
    with qtbot.waitSignal(transport.pace_changed) as pace:
        qtbot.keyClick(transport.pace, Qt.Key.Key_Up)
    assert speed.args == [SPEEDS[1]]
    assert pace.args == [PACES[0]]


def test_rate_of_playing_needs_no_more_room(transport: Transport) -> None:
    least = transport.minimumSizeHint().width()
    transport.show_rate(119.9, 120.0)
    assert transport.minimumSizeHint().width() == least


def test_rate_that_falls_short_stands_out(transport: Transport) -> None:
    transport.show_state(replace(STATE, playing=True), TIMES_S)
    transport.show_rate(24.9, 25.0)
    assert (transport.rate.text(), transport.rate.objectName()) == ("24.9 of 25 fps", "faint")
    transport.show_rate(11.0, 25.0)
    assert transport.rate.objectName() == "short"
    transport.show_state(STATE, TIMES_S)
    assert transport.rate.text() == ""


def test_slider_goes_where_it_is_pressed_and_follows(transport: Transport, qtbot: QtBot) -> None:
    frames: list[int] = []
    transport.frame_requested.connect(frames.append)
    qtbot.mousePress(transport.slider, _LEFT, pos=spot(transport, 60))
    qtbot.mouseMove(transport.slider, spot(transport, 80))
    qtbot.mouseRelease(transport.slider, _LEFT, pos=spot(transport, 80))
    assert frames == [60, 80]
    qtbot.mouseMove(transport.slider, spot(transport, 10))
    qtbot.mouseClick(transport.slider, Qt.MouseButton.RightButton, pos=spot(transport, 10))
    assert frames == [60, 80]


def test_slider_pressed_beyond_its_ends_stays_inside(transport: Transport, qtbot: QtBot) -> None:
    frames: list[int] = []
    transport.frame_requested.connect(frames.append)
    middle = transport.slider.height() // 2
    for x in (transport.slider.width() - 1, 0):
        qtbot.mouseClick(transport.slider, _LEFT, pos=QPoint(x, middle))
    assert frames == [FRAMES - 1, 0]


def test_slider_tints_the_range(transport: Transport) -> None:
    def colour(frame: int) -> QColor:
        image = transport.slider.grab().toImage()
        place = spot(transport, frame)
        return image.pixelColor(place.x(), place.y() - 6)

    plain = colour(60)
    transport.show_state(replace(STATE, range=(50, 70)), TIMES_S)
    assert colour(60) != plain
    assert colour(90) == plain


def test_frame_number_seeks_once_it_is_typed_whole(transport: Transport, qtbot: QtBot) -> None:
    frames: list[int] = []
    transport.frame_requested.connect(frames.append)
    transport.number.selectAll()
    qtbot.keyClicks(transport.number, "42")
    assert frames == []
    qtbot.keyClick(transport.number, Qt.Key.Key_Return)
    assert frames == [42]


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("81", 81),
        (" f81 ", 81),
        ("+10", 40),
        ("-30", 0),
        ("2s", 50),
        ("1.98s", 49),
        ("0:02.5", 62),
        ("0:00:03.960", 99),
    ],
)
def test_place_that_is_typed_is_asked_for(
    transport: Transport, qtbot: QtBot, text: str, frame: int
) -> None:
    qtbot.keyClicks(transport.entry, text)
    with qtbot.waitSignal(transport.frame_requested) as asked:
        qtbot.keyClick(transport.entry, Qt.Key.Key_Return)
    assert asked.args == [frame]
    assert transport.entry.text() == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("100", "0 to 99"),
        ("-31", "0 to 99"),
        ("9:00", "ends at 0:03.960"),
        ("soon", "Type a frame"),
        ("1:2:3:4", "Type a frame"),
        ("-", "Type a frame"),
        (" ", "Type a frame"),
        ("9" * 40, "0 to 99"),
    ],
)
def test_place_that_makes_no_sense_stays_and_says_why(
    transport: Transport, qtbot: QtBot, text: str, why: str
) -> None:
    qtbot.keyClicks(transport.entry, text)
    with qtbot.assertNotEmitted(transport.frame_requested):
        qtbot.keyClick(transport.entry, Qt.Key.Key_Return)
    assert transport.entry.text() == text
    assert transport.entry.property("wrong") is True
    assert why in transport.entry.toolTip()
    qtbot.keyClick(transport.entry, Qt.Key.Key_Backspace)
    assert transport.entry.property("wrong") is False
    assert "Go to a frame" in transport.entry.toolTip()


def test_time_between_frames_means_the_one_on_the_screen() -> None:
    times_s = np.array([0.0, 0.5, 2.0])
    assert parse_place("1.9s", 0, times_s) == 1
    assert parse_place("2.4s", 0, times_s) == parse_place("2,4s", 0, times_s) == 2
    assert parse_place("0.4999s", 0, times_s) == 1  # times are shown in whole milliseconds


@pytest.mark.parametrize(
    ("time_s", "text"), [(0, "0:00.000"), (59.9996, "1:00.000"), (3723.25, "1:02:03.250")]
)
def test_clock_has_hours_only_where_there_are_any(time_s: float, text: str) -> None:
    assert clock(time_s) == text


def test_narrow_transport_leaves_out_what_is_elsewhere_too(qtbot: QtBot) -> None:
    window, transport = QMainWindow(), Transport()
    qtbot.addWidget(window)
    window.setMinimumSize(500, 100)  # as the main window: its parts need not all have room
    window.setCentralWidget(transport)
    window.resize(1000, 100)
    window.show()
    assert transport.pace.isVisible()
    window.resize(700, 100)
    qtbot.waitUntil(lambda: not transport.pace.isVisible())
    assert not transport.whole.isVisible()
    assert transport.time.isVisible()


def test_icons_take_over_light_colours(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def brightest() -> int:
        image = transport.play.icon().pixmap(16, 16).toImage()
        places = ((x, y) for x in range(image.width()) for y in range(image.height()))
        seen = (image.pixelColor(*place) for place in places)
        return max(colour.lightness() for colour in seen if colour.alpha() == 255)

    monkeypatch.setattr(theme, "_shown", theme.DARK)
    QApplication.sendEvent(transport, QEvent(QEvent.Type.PaletteChange))
    assert brightest() > 200
    monkeypatch.setattr(theme, "_shown", theme.LIGHT)
    QApplication.sendEvent(transport, QEvent(QEvent.Type.PaletteChange))
    assert brightest() < 60
