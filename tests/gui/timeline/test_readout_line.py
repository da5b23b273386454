from __future__ import annotations

from pytestqt.qtbot import QtBot

from gui.timeline.readout_line import ReadoutLine


def test_readout_takes_the_lines_that_it_needs_and_keeps_them(qtbot: QtBot) -> None:
    line = ReadoutLine()
    qtbot.addWidget(line)
    line.resize(300, line.height())
    line.show()
    one = line.height()
    line.show_text("short")
    assert line.height() == one
    line.show_text("several words of values " * 6)
    qtbot.waitUntil(lambda: line.height() >= 2.5 * one)
    assert line.height() >= line.heightForWidth(line.width())
    tall = line.height()
    line.show_text("short")
    assert line.height() == tall  # the plots below do not jump
    line.resize(1200, tall)
    qtbot.waitUntil(lambda: line.height() <= one + 2)
