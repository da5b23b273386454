from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from gui.dialogs.crash_dialog import CrashDialog
from inspector.crash import CrashReporter
from inspector.logs import NativeCrash

# what is raised in these tests is for the reporter, not for pytest-qt
pytestmark = pytest.mark.qt_no_exception_capture


class Saving:
    """Saves a session, or fails; counts."""

    def __init__(self) -> None:
        self.count = 0
        self.result: Path | None = Path("session.json")
        self.error: Exception | None = None

    def __call__(self) -> Path | None:
        self.count += 1
        if self.error is not None:
            raise self.error
        return self.result


class Worker(QObject):
    """Fails in the thread it lives in."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.asked.connect(self.fail)

    @Slot()
    def fail(self) -> None:
        raise LookupError("in a slot of a thread")


class Painted(QWidget):
    """Fails whenever it is painted."""

    def paintEvent(self, event: QPaintEvent) -> None:
        raise ArithmeticError("while painting")


class Broken:
    """Fails when it is thrown away."""

    def __del__(self) -> None:
        raise OSError("too late to raise")


def fail() -> None:
    raise ValueError("in a slot")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def saving() -> Saving:
    return Saving()


@pytest.fixture(autouse=True)
def reporter(
    window: QWidget, saving: Saving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CrashReporter]:
    monkeypatch.setattr("inspector.crash.log_folder", lambda: tmp_path)
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    reporter = CrashReporter(window, saving)
    reporter.install()
    yield reporter
    reporter.uninstall()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == hooks
    for dialog in window.findChildren(CrashDialog):
        dialog.close()


@pytest.fixture
def told(window: QWidget, qtbot: QtBot) -> Callable[[str], CrashDialog]:
    """Wait until the one dialog has a text."""

    def wait(text: str) -> CrashDialog:
        def is_told() -> bool:
            return any(
                text in each.details.toPlainText() for each in window.findChildren(CrashDialog)
            )

        qtbot.waitUntil(is_told)
        (dialog,) = window.findChildren(CrashDialog)
        return dialog

    return wait


Told = Callable[[str], CrashDialog]


def test_error_in_a_slot_is_told(window: QWidget, told: Told, saving: Saving) -> None:
    QTimer.singleShot(0, window, fail)
    dialog = told("in fail")
    assert dialog.message.text() == "ValueError: in a slot"
    assert dialog.saved.text() == "The session was saved to session.json"
    assert dialog.isVisible()
    assert "Python: 3." in dialog.details.toPlainText()
    assert saving.count == 1


def test_error_in_a_python_thread_is_told(told: Told) -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert told("in fail").message.text() == "ValueError: in a slot"


def test_error_in_a_slot_of_a_qthread_is_told(told: Told) -> None:
    thread, worker = QThread(), Worker()
    worker.moveToThread(thread)
    thread.start()
    worker.asked.emit()
    try:
        assert "LookupError: in a slot of a thread" in told("in fail").message.text()
    finally:
        thread.quit()
        assert thread.wait(5_000)


def test_error_that_cannot_be_raised_is_told(told: Told) -> None:
    broken = Broken()
    del broken
    assert told("__del__").message.text() == "OSError: too late to raise"


def test_error_while_painting_opens_the_dialog_afterwards(
    window: QWidget, qtbot: QtBot, told: Told
) -> None:
    painted = Painted(window)
    painted.resize(40, 40)
    painted.show()
    assert told("paintEvent").message.text() == "ArithmeticError: while painting"
    painted.hide()


def test_errors_share_a_dialog_until_it_is_closed(told: Told, saving: Saving) -> None:
    sys.excepthook(ValueError, ValueError("one"), None)
    sys.excepthook(ValueError, ValueError("two"), None)
    first = told("two")
    assert first.count.text() == "2 errors so far"
    assert saving.count == 1
    first.proceed.click()
    sys.excepthook(ValueError, ValueError("three"), None)
    told("three")
    assert saving.count == 2


def test_errors_are_logged_with_their_traceback(
    window: QWidget, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    QTimer.singleShot(0, window, fail)
    told("in fail")
    assert "uncaught exception" in caplog.text
    assert "in fail" in caplog.text


def test_session_that_cannot_be_saved_is_told_and_logged(
    saving: Saving, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    saving.error = OSError("disk full")
    sys.excepthook(ValueError, ValueError("one"), None)
    dialog = told("one")
    assert dialog.saved.text() == "The session could not be saved: disk full"
    assert dialog.message.text() == "ValueError: one"
    assert "the session cannot be saved" in caplog.text


def test_no_session_is_said(saving: Saving, told: Told) -> None:
    saving.result = None
    sys.excepthook(ValueError, ValueError("one"), None)
    assert told("one").saved.text() == "There was no session to save."


def test_error_while_telling_does_not_go_round(
    window: QWidget, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def versions() -> tuple[tuple[str, str], ...]:
        raise RuntimeError("cannot tell")

    monkeypatch.setattr("inspector.crash.versions", versions)
    sys.excepthook(ValueError, ValueError("one"), None)
    qtbot.waitUntil(lambda: "an error cannot be told" in caplog.text)
    QApplication.sendPostedEvents()
    assert "RuntimeError: cannot tell" in caplog.text
    assert caplog.text.count("uncaught exception") == 1
    assert not window.findChildren(CrashDialog)


def test_crash_of_the_last_run_is_told_without_saving(
    reporter: CrashReporter, told: Told, saving: Saving
) -> None:
    reporter.tell_last(NativeCrash("Segmentation fault", Path("last-crash.txt")))
    dialog = told("Segmentation fault")
    assert "last-crash.txt" in dialog.saved.text()
    assert "last run" in dialog.message.text()
    assert saving.count == 0


def test_quit_closes_the_window(window: QWidget, told: Told) -> None:
    sys.excepthook(ValueError, ValueError("one"), None)
    told("one").quit.click()
    assert not window.isVisible()


@pytest.mark.parametrize("in_thread", [False, True])
def test_keyboard_interrupt_closes_the_window_and_tells_nothing(
    window: QWidget, qtbot: QtBot, saving: Saving, in_thread: bool
) -> None:
    def interrupt() -> None:
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)

    if in_thread:
        thread = threading.Thread(target=interrupt)
        thread.start()
        thread.join()
    else:
        interrupt()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert saving.count == 0


def test_thread_that_exits_tells_nothing(
    window: QWidget, qtbot: QtBot, reporter: CrashReporter
) -> None:
    with qtbot.assertNotEmitted(reporter._crashed, wait=20):
        thread = threading.Thread(target=sys.exit)
        thread.start()
        thread.join()
