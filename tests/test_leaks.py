from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.leaks import left_behind


def running_thread() -> tuple[object, Callable[[], object]]:
    thread = QThread()
    thread.start()
    return thread, lambda: (thread.quit(), thread.wait())


def running_timer() -> tuple[object, Callable[[], object]]:
    timer = QTimer()
    timer.start(60_000)
    return timer, timer.stop


def open_window() -> tuple[object, Callable[[], object]]:
    window = QWidget()
    window.show()
    return window, window.close


def plain_thread() -> tuple[object, Callable[[], object]]:
    gate = threading.Event()
    thread = threading.Thread(target=gate.wait)
    thread.start()
    return thread, lambda: (gate.set(), thread.join())


@pytest.mark.parametrize("leak", [running_thread, running_timer, open_window, plain_thread])
def test_left_behind_names_a_leak(
    qtbot: QtBot, leak: Callable[[], tuple[object, Callable[[], object]]]
) -> None:
    before = set(threading.enumerate())
    leaked, end = leak()
    try:
        assert len(left_behind(before)) == 1, leaked
    finally:
        end()
    assert not left_behind(before)
