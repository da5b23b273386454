from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.dialogs.log_viewer import MOST_LINES, LogBuffer, LogViewer

log = logging.getLogger("tests.viewer")


@pytest.fixture(autouse=True)
def everything_logged() -> Iterator[None]:
    log.setLevel(logging.DEBUG)
    yield
    log.setLevel(logging.NOTSET)


@pytest.fixture
def buffer(qtbot: QtBot) -> Iterator[LogBuffer]:
    buffer = LogBuffer()
    yield buffer
    buffer.close()


@pytest.fixture
def viewer(qtbot: QtBot, buffer: LogBuffer, tmp_path: Path) -> LogViewer:
    viewer = LogViewer(buffer, tmp_path)
    viewer.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # qtbot closes it
    qtbot.addWidget(viewer)
    viewer.open()
    return viewer


def shown(viewer: LogViewer) -> list[str]:
    text = viewer.text.toPlainText()
    return [line.rsplit(": ")[-1] for line in text.splitlines()]


def fill(qtbot: QtBot, buffer: LogBuffer) -> None:
    for level, text in enumerate(("detail", "news", "warning", "error"), 1):
        log.log(10 * level, text)
    qtbot.waitUntil(lambda: len(buffer.lines) == 4)


def test_messages_come_in_while_it_is_open(
    viewer: LogViewer, buffer: LogBuffer, qtbot: QtBot
) -> None:
    assert shown(viewer) == []
    with qtbot.waitSignal(buffer.added):
        log.info("hello")
    assert shown(viewer) == ["hello"]
    assert "INFO" in viewer.text.toPlainText()
    assert "tests.viewer" in viewer.text.toPlainText()


def test_messages_from_before_are_there(buffer: LogBuffer, qtbot: QtBot, tmp_path: Path) -> None:
    fill(qtbot, buffer)
    viewer = LogViewer(buffer, tmp_path)
    qtbot.addWidget(viewer)
    assert shown(viewer) == ["detail", "news", "warning", "error"]


def test_messages_of_other_threads_arrive_in_the_gui_thread(
    buffer: LogBuffer, viewer: LogViewer, qtbot: QtBot
) -> None:
    threads: list[threading.Thread] = []
    buffer.added.connect(lambda line: threads.append(threading.current_thread()))
    workers = [
        threading.Thread(target=lambda: [log.info("n") for _ in range(200)]) for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    qtbot.waitUntil(lambda: len(buffer.lines) == 600)
    assert set(threads) == {threading.main_thread()}
    assert shown(viewer) == ["n"] * 600


def test_traceback_belongs_to_its_message(
    viewer: LogViewer, buffer: LogBuffer, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(buffer.added):
        try:
            raise ValueError("deep down")
        except ValueError:
            log.exception("failed")
    assert "Traceback" in viewer.text.toPlainText()
    QTest.keyClicks(viewer.search, "DEEP DOWN")
    assert "failed" in viewer.text.toPlainText()


def test_message_that_cannot_be_formatted_makes_nobody_fail(
    buffer: LogBuffer, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logging.raiseExceptions", False)
    with qtbot.waitSignal(buffer.added):
        log.info("%d", "no number")
        log.info("next")
    assert [line.text.rsplit(": ")[-1] for line in buffer.lines] == ["next"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (0, ["detail", "news", "warning", "error"]),
        (1, ["news", "warning", "error"]),
        (2, ["warning", "error"]),
        (3, ["error"]),
    ],
)
def test_level_chooses_messages(
    viewer: LogViewer, buffer: LogBuffer, qtbot: QtBot, row: int, expected: list[str]
) -> None:
    viewer.level.setCurrentIndex(row)
    fill(qtbot, buffer)
    assert shown(viewer) == expected
    viewer.level.setCurrentIndex(0)
    viewer.level.setCurrentIndex(row)
    assert shown(viewer) == expected


def test_search_shows_what_has_the_text(viewer: LogViewer, buffer: LogBuffer, qtbot: QtBot) -> None:
    fill(qtbot, buffer)
    QTest.keyClicks(viewer.search, "E")
    assert shown(viewer) == ["detail", "news", "warning", "error"]  # the name has one
    QTest.keyClicks(viewer.search, "rror")
    assert shown(viewer) == ["error"]
    QTest.keyClicks(viewer.search, "[")
    assert shown(viewer) == []


def test_oldest_messages_make_room(buffer: LogBuffer, qtbot: QtBot) -> None:
    for number in range(MOST_LINES + 7):
        log.info("%d", number)
    qtbot.waitUntil(lambda: bool(buffer.lines) and buffer.lines[-1].text.endswith(" 5006"))
    assert len(buffer.lines) == MOST_LINES
    assert buffer.lines[0].text.endswith(": 7")


def test_copy_takes_what_is_shown(viewer: LogViewer, buffer: LogBuffer, qtbot: QtBot) -> None:
    fill(qtbot, buffer)
    viewer.level.setCurrentIndex(3)
    QTest.mouseClick(viewer.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == viewer.text.toPlainText() != ""


def test_folder_is_opened(
    viewer: LogViewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr("gui.dialogs.log_viewer.QDesktopServices.openUrl", opened.append)
    QTest.mouseClick(viewer.open_folder, Qt.MouseButton.LeftButton)
    assert [Path(url.toLocalFile()) for url in opened] == [tmp_path]


def test_closed_buffer_hears_no_more(buffer: LogBuffer, qtbot: QtBot) -> None:
    buffer.close()
    with qtbot.assertNotEmitted(buffer.added, wait=20):
        log.error("nobody listens")
    assert not buffer.lines
