"""Two thousand actions at random, with a fixed seed: nothing raised, warned, left or grown."""

from __future__ import annotations

import gc
import random
import resource
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QEventLoop, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QWidget

from gui.main_window.window import MainWindow
from tests.clips import moving_square, write_clip
from tests.gui.conftest import FakeEngine

ACTIONS = 2000
SEED = 20031425
KEYS = (
    *(Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home),
    *(Qt.Key.Key_End, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Tab),
    *(Qt.Key.Key_Delete, Qt.Key.Key_J, Qt.Key.Key_K, Qt.Key.Key_L, Qt.Key.Key_I, Qt.Key.Key_O),
    *(Qt.Key.Key_N, Qt.Key.Key_0, Qt.Key.Key_7, Qt.Key.Key_Question, Qt.Key.Key_Minus),
)
MODIFIERS = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
NOT_HERE = {"file.quit"}
"""Ends the window, which a test of its own does."""


def wait(milliseconds: int) -> None:
    """Run the event loop; QTest.qWait keeps Python's lock from the threads meanwhile."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


class Monkey:
    """Does anything that a user can do."""

    def __init__(self, window: MainWindow, engine: FakeEngine, files: list[Path]) -> None:
        self.window, self.engine, self.files = window, engine, files
        self.random = random.Random(SEED)
        self.deeds: tuple[Callable[[], None], ...] = (
            *(self.key, self.key, self.key, self.click, self.click, self.click, self.drag),
            *(self.drag, self.wheel, self.command, self.command, self.command, self.resize),
            *(self.explain, self.explain, self.hold_engine, self.close_one, self.close_one),
            *(self.drop, self.compare, self.export),
        )

    def act(self) -> None:
        """Do one thing, and let the window answer; what is asked is answered soon."""
        asked = QApplication.activeModalWidget() is not None and self.random.random() < 0.3
        (self.close_one if asked else self.random.choice(self.deeds))()
        wait(self.random.choice((0, 0, 1, 5, 40)))

    def widget(self) -> QWidget:
        """Any widget that is seen, of the window or of a dialog over it."""
        top = QApplication.activeModalWidget() or self.window
        seen = [w for w in top.findChildren(QWidget) if w.isVisible() and w.isEnabled()]
        return self.random.choice(seen or [top])

    def place(self, widget: QWidget) -> QPoint:
        size = widget.size()
        across = self.random.randrange(max(size.width(), 1))
        return QPoint(across, self.random.randrange(max(size.height(), 1)))

    def key(self) -> None:
        target = QApplication.focusWidget() or self.window
        QTest.keyClick(target, self.random.choice(KEYS), self.random.choice(MODIFIERS))

    def click(self) -> None:
        widget, left = self.widget(), Qt.MouseButton.LeftButton
        button = self.random.choice((left, left, left, Qt.MouseButton.RightButton))
        QTest.mouseClick(widget, button, self.random.choice(MODIFIERS), self.place(widget))

    def drag(self) -> None:
        parts = [*self.window.panes.panes.values(), self.window.timeline._view.viewport()]
        widget = self.random.choice([*parts, self.window.transport.slider])
        QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=self.place(widget))
        for _ in range(3):
            QTest.mouseMove(widget, self.place(widget))
        QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=self.place(widget))

    def wheel(self) -> None:
        widget = self.widget()
        place = QPointF(self.place(widget))
        turned = QPoint(0, self.random.choice((-240, -120, 120, 240)))
        event = QWheelEvent(
            place,
            widget.mapToGlobal(place),
            QPoint(),
            turned,
            Qt.MouseButton.NoButton,
            self.random.choice(MODIFIERS),
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    def command(self) -> None:
        names = [name for name in self.window.commands.commands if name not in NOT_HERE]
        self.trigger(self.random.choice(names))

    def trigger(self, name: str) -> None:
        action = self.window.commands.action(name)
        if action.isEnabled() and QApplication.activeModalWidget() is None:
            action.trigger()

    def drop(self) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self.random.choice(self.files)))])
        copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
        event = QDropEvent(QPointF(9, 9), copy, data, left, Qt.KeyboardModifier.NoModifier)
        self.window.dropEvent(event)

    def resize(self) -> None:
        width, height = self.random.randrange(1024, 1900), self.random.randrange(640, 1100)
        self.window.resize(width, height)

    def explain(self) -> None:
        panel = self.window.explain.panel
        if panel.bar.explain.isVisible():
            panel.bar.explain.click()
        elif self.random.random() < 0.3:
            panel.bar.cancel.click()

    def compare(self) -> None:
        self.trigger(f"compare.{self.random.choice(('keep', 'keep', 'keep', 'swap', 'stop'))}")

    def export(self) -> None:
        if self.window.analysis is not None and self.window.analysis.complete:
            self.window.export_to(self.files[-1].with_name("exported.mp4"))

    def hold_engine(self) -> None:
        for gate in (self.engine.gate, self.engine.export_gate):
            gate.clear() if self.random.random() < 0.3 else gate.set()
        self.engine.fails = self.random.random() < 0.1

    def close_one(self) -> None:
        close_dialogs()


def close_dialogs() -> None:
    for top in QApplication.topLevelWidgets():
        if top.isVisible() and isinstance(top, QDialog | QMenu):
            top.close()


@pytest.fixture
def files(tmp_path: Path, clip: Path) -> list[Path]:
    broken, folder = tmp_path / "broken.mp4", tmp_path / "folder"
    broken.write_bytes(clip.read_bytes()[:900])
    folder.mkdir()
    other = write_clip(tmp_path / "other.mp4", moving_square(25))
    return [clip, clip, clip, other, other, broken, folder, tmp_path / "none.mp4"]


@pytest.mark.slow
def test_monkey_finds_nothing(
    explained: MainWindow,
    engine: FakeEngine,
    files: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # it finds the button for new folders, too
    threads = threading.active_count()
    monkey, peaks = Monkey(explained, engine, files), []
    for number in range(ACTIONS):
        monkey.act()
        if number % (ACTIONS // 4) == ACTIONS // 4 - 1:
            gc.collect()
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    engine.gate.set()
    engine.export_gate.set()
    close_dialogs()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert explained.isVisible()
    assert peaks[-1] - peaks[1] < 150, f"memory in MB after each quarter: {peaks}"
    assert len(explained.findChildren(QTimer)) < 60
    assert threading.active_count() <= threads + 12
