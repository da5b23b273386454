from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from engine.annotations.notes import Note, write_webvtt
from gui.main_window.window import MainWindow
from gui.state.session_file import SUFFIX
from tests.gui.conftest import FRAMES

_BUTTONS, _KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
_COPY = Qt.DropAction.CopyAction


def dragged(*urls: QUrl) -> QMimeData:
    data = QMimeData()
    data.setUrls(urls)
    return data


def drag(window: MainWindow, data: QMimeData) -> bool:
    """Drag data onto the window; whether it would take them."""
    event = QDragEnterEvent(QPoint(9, 9), _COPY, data, _BUTTONS, _KEYS)
    event.ignore()
    QApplication.sendEvent(window, event)
    return event.isAccepted()


def drop(window: MainWindow, *paths: Path) -> None:
    """Drop files on the window, as a file manager does."""
    drop_data(window, dragged(*(QUrl.fromLocalFile(str(path)) for path in paths)))


def drop_data(window: MainWindow, data: QMimeData) -> None:
    drag(window, data)
    QApplication.sendEvent(window, QDropEvent(QPointF(9, 9), _COPY, data, _BUTTONS, _KEYS))


def press(window: MainWindow, qtbot: QtBot, text: str) -> None:
    box = window.findChildren(QMessageBox)[-1]
    button = next(button for button in box.buttons() if button.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def copy(clip: Path, tmp_path: Path) -> Path:
    """A video of another name."""
    return Path(shutil.copy(clip, tmp_path / "other.mp4"))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "mine.PTH"
    path.write_bytes(b"weights")
    return path


@pytest.fixture
def notes(opened: MainWindow, tmp_path: Path) -> Path:
    path = tmp_path / "mine.vtt"
    assert opened.video is not None
    write_webvtt((Note(3, 9, "a step"),), opened.video.timestamps_s, 3.0, path)
    return path


def test_drag_of_files_is_taken_and_of_text_is_not(window: MainWindow) -> None:
    text = QMimeData()
    text.setText("a text")
    taken = []
    for data in (dragged(QUrl.fromLocalFile("/a.mp4")), text):
        taken.append(drag(window, data))
        QApplication.sendEvent(window, QDragLeaveEvent())
    assert taken == [True, False]


def test_dropped_video_is_shown(window: MainWindow, qtbot: QtBot, copy: Path) -> None:
    with qtbot.waitSignal(window.reader.frame_read, timeout=10_000):
        drop(window, copy)
    assert window.windowTitle().startswith("other.mp4")
    assert window.panes.panes["video"].image is not None
    assert window.panel.last.maximum() == FRAMES - 1


def test_dropped_weights_are_chosen_whatever_the_case_of_their_suffix(
    window: MainWindow, qtbot: QtBot, weights: Path
) -> None:
    window.docks.show("heat")
    with qtbot.waitSignal(window.explain.background.labels.finished):
        drop(window, weights)
    assert window.panel.weights == weights
    assert window.panel.model_choice.file.text() == "mine.PTH"
    assert not window.docks.docks["explain"].visibleRegion().isEmpty()
    assert window.video is None


def test_dropped_notes_are_added_to_the_video(opened: MainWindow, notes: Path) -> None:
    opened.docks.show("explain")
    drop(opened, notes)
    assert opened.notes.notes.notes == (Note(3, 9, "a step"),)
    assert not opened.docks.docks["notes"].visibleRegion().isEmpty()


def test_notes_dropped_before_a_video_say_what_is_missing(
    window: MainWindow, tmp_path: Path
) -> None:
    path = tmp_path / "mine.vtt"
    path.write_text("WEBVTT\n\n00:00.000 --> 00:01.000\na step\n", encoding="utf-8")
    drop(window, path)
    assert "Open the video" in window.statusBar().currentMessage()


def test_broken_notes_are_told(opened: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "broken.vtt"
    path.write_bytes(b"\xff\xfe\x00nonsense")
    with qtbot.waitSignal(opened.problem_told) as told:
        drop(opened, path)
    assert "broken.vtt" in told.args[0]
    assert opened.notes.notes.notes == ()


def test_dropped_analysis_folder_is_opened_with_its_video(
    explained: MainWindow, qtbot: QtBot, tmp_path: Path, copy: Path
) -> None:
    folder = tmp_path / "mine"
    with qtbot.waitSignal(explained.exported, timeout=10_000):
        explained.save_analysis_to(folder)
    with qtbot.waitSignal(explained.video_opened, timeout=10_000):
        explained.open_video(copy)
    assert explained.analysis is None
    with qtbot.waitSignal(explained.explain.curves_made, timeout=10_000):
        drop(explained, folder)
    assert explained.analysis is not None
    assert explained.analysis.folder == folder
    assert explained.windowTitle().startswith("square.mp4")


def test_dropped_session_is_opened(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path, copy: Path
) -> None:
    path = tmp_path / f"mine{SUFFIX}"
    opened.view.go_to(7)
    opened.sessions.save(path)
    with qtbot.waitSignal(opened.video_opened, timeout=10_000):
        opened.open_video(copy)
    with qtbot.waitSignal(opened.video_opened, timeout=10_000):
        drop(opened, path)
    qtbot.waitUntil(lambda: opened.view.state.frame == 7)
    assert opened.windowTitle().startswith(path.name)
    assert opened.video is not None
    assert opened.video.path.name == "square.mp4"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nonsense.mp4", b"no video"),
        ("no suffix", b""),
        (f"broken{SUFFIX}", b"{"),
        ("missing.mp4", None),
        (f"missing{SUFFIX}", None),
    ],
)
def test_nonsense_is_told_and_the_video_stays(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path, name: str, content: bytes | None
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with qtbot.waitSignal(opened.problem_told, timeout=10_000) as told:
        drop(opened, path)
    assert name in told.args[0]
    assert opened.windowTitle().startswith("square.mp4")
    opened.findChildren(QMessageBox)[-1].close()


def test_folder_that_is_no_analysis_is_told(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = tmp_path / "holiday"
    folder.mkdir()
    with qtbot.waitSignal(opened.problem_told, timeout=10_000) as told:
        drop(opened, folder)
    assert "holiday" in told.args[0]


def test_address_that_is_no_file_opens_nothing(opened: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(opened.problem_told, timeout=10_000):
        drop_data(opened, dragged(QUrl("https://example.org/a.mp4")))
    assert opened.windowTitle().startswith("square.mp4")


def test_weights_dropped_with_a_video_are_used_for_it(
    window: MainWindow, qtbot: QtBot, copy: Path, weights: Path
) -> None:
    with qtbot.waitSignal(window.reader.frame_read, timeout=10_000):
        drop(window, copy, weights)
    assert window.panel.weights == weights
    assert window.windowTitle().startswith("other.mp4")


def test_of_several_videos_the_first_is_opened(
    window: MainWindow, qtbot: QtBot, copy: Path, clip: Path
) -> None:
    with qtbot.waitSignal(window.reader.frame_read, timeout=10_000):
        drop(window, copy, clip)
    assert window.windowTitle().startswith("other.mp4")


def test_nothing_dropped_is_no_error(opened: MainWindow) -> None:
    drop(opened)
    assert opened.windowTitle().startswith("square.mp4")


def test_video_dropped_on_unsaved_notes_asks_first(
    opened: MainWindow, qtbot: QtBot, copy: Path
) -> None:
    opened.notes.notes.add(Note(3, 9, "a step"))
    drop(opened, copy)
    press(opened, qtbot, "Cancel")
    assert opened.windowTitle().startswith("square.mp4")
    assert len(opened.notes.notes.notes) == 1
    drop(opened, copy)
    with qtbot.waitSignal(opened.video_opened, timeout=10_000):
        press(opened, qtbot, "Don't save")
    assert opened.notes.notes.notes == ()


def test_weights_and_notes_make_nothing_way_and_do_not_ask(
    opened: MainWindow, weights: Path, notes: Path
) -> None:
    opened.notes.notes.add(Note(0, 2, "unsaved"))
    drop(opened, weights)
    drop(opened, notes)
    assert opened.findChildren(QMessageBox) == []
    assert [note.text for note in opened.notes.notes.notes] == ["unsaved", "a step"]
