from __future__ import annotations

from pytestqt.qtbot import QtBot

from gui.tasks.throttle import Throttle


def test_coalescing_passes_the_first_at_once_and_the_newest_later(qtbot: QtBot) -> None:
    coalescing, passed = Throttle(50), []
    coalescing.passed.connect(passed.append)
    for number in range(10):
        coalescing.take(number)
    assert passed == [0]
    qtbot.waitUntil(lambda: len(passed) == 2)
    assert passed == [0, 9]


def test_coalescing_that_is_stopped_passes_nothing_more(qtbot: QtBot) -> None:
    coalescing, passed = Throttle(10), []
    coalescing.passed.connect(passed.append)
    coalescing.take(1)
    coalescing.take(2)
    coalescing.stop()
    qtbot.wait(40)
    assert passed == [1]
