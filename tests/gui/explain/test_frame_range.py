"""The range to explain as two numbers."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.explain.frame_range import FrameRange


@pytest.fixture
def frames(qtbot: QtBot) -> FrameRange:
    edit = FrameRange()
    qtbot.addWidget(edit)
    edit.set_count(100)
    return edit


def test_digits_being_typed_do_not_push_the_other_end(frames: FrameRange, qtbot: QtBot) -> None:
    frames.choose((69, 100))
    frames.last.selectAll()
    qtbot.keyClicks(frames.last, "82")
    assert frames.frames == (69, 83)


def test_all_of_the_video_is_no_range(frames: FrameRange) -> None:
    assert frames.part is None
    frames.choose((0, 99))
    assert frames.part == (0, 99)
    frames.choose(None)
    assert frames.part is None


def test_only_what_is_edited_is_told(frames: FrameRange, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(frames.edited):
        frames.choose((5, 20))
    frames.first.selectAll()
    qtbot.keyClicks(frames.first, "7")
    with qtbot.waitSignal(frames.edited) as told:
        qtbot.keyClick(frames.first, Qt.Key.Key_Return)
    assert told.args == [(7, 20)]


def test_extended_range_keeps_a_chosen_end(frames: FrameRange) -> None:
    frames.choose((10, 100))
    frames.extend(150)
    assert frames.frames == (10, 150)
    frames.choose((10, 60))
    frames.extend(200)
    assert frames.frames == (10, 60)
