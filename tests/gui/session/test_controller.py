import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from engine.annotations.notes import Note
from gui.main_window.window import MainWindow
from gui.state.session_file import SUFFIX, read_session
from inspector.app import keep_services
from tests.clips import moving_square, write_clip
from tests.gui.conftest import FakeEngine


def note(window: MainWindow, text: str = "a step") -> None:
    window.notes.notes.add(Note(3, 9, text))


def box_of(window: MainWindow) -> QMessageBox:
    return window.findChildren(QMessageBox)[-1]


def press(window: MainWindow, text: str) -> None:
    box = box_of(window)
    next(button for button in box.buttons() if button.text() == text).click()


@pytest.fixture
def saved(explained: MainWindow, qtbot: QtBot, tmp_path: Path) -> Path:
    """A session with a note, an analysis, a frame and a range, saved."""
    note(explained)
    explained.view.update(range=(4, 20), sigma=2.5)
    explained.view.go_to(7)
    path = tmp_path / f"mine{SUFFIX}"
    with qtbot.waitSignal(explained.exported, timeout=10_000):
        explained.sessions.save(path)
    return path


def test_sessions_saves_and_opens_everything(
    saved: Path, explained: MainWindow, qtbot: QtBot
) -> None:
    window = explained
    window.open_video(window.video.path)
    qtbot.waitUntil(lambda: window.analysis is None and not window.notes.notes.notes)
    with qtbot.waitSignal(window.explain.curves_made, timeout=10_000):
        window.open_file(saved)
    state = window.view.state
    assert (state.frame, state.range, state.sigma) == (7, (4, 20), 2.5)
    assert window.notes.notes.notes == (Note(3, 9, "a step"),)
    assert window.analysis.folder == saved.with_name("mine.analysis")
    assert window.sessions.path == saved
    assert window.windowTitle().startswith(saved.name)


def test_sessions_tells_that_it_loads(saved: Path, explained: MainWindow, qtbot: QtBot) -> None:
    told: list[str] = []
    explained.sessions.told.connect(told.append)
    with qtbot.waitSignal(explained.sessions.analysis_opened, timeout=10_000):
        explained.open_file(saved)
    assert told[0] == f"Loading the session {saved.name} ..."
    assert told[-2:] == [
        "Loading the analysis mine.analysis ...",
        "The session and its analysis are loaded.",
    ]


def test_sessions_finds_a_video_that_moved_with_the_session(
    saved: Path, explained: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    home = tmp_path / "elsewhere"
    home.mkdir()
    video = Path(shutil.copy(explained.video.path, home / "renamed.mp4"))
    session = Path(shutil.move(saved, home / saved.name))
    text = session.read_text().replace(str(explained.video.path), "/gone/square.mp4")
    session.write_text(text.replace("../", "./none/"))
    with qtbot.waitSignal(explained.sessions.opened, timeout=10_000):
        explained.open_file(session)
    assert explained.video.path == video


def test_sessions_asks_for_a_missing_video_and_warns_of_another(
    saved: Path, explained: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    lonely = tmp_path / "lonely" / saved.name
    lonely.parent.mkdir()
    text = saved.read_text().replace(str(explained.video.path), "/gone/square.mp4")
    lonely.write_text(text.replace("../", "./none/"))
    with qtbot.waitSignal(explained.sessions.video_missing, timeout=10_000):
        explained.open_file(lonely)
    assert "not where it was" in box_of(explained).text()
    press(explained, "Look for it...")
    dialog = explained.findChildren(QFileDialog)[-1]
    other = write_clip(tmp_path / "other.mp4", moving_square(25))
    with qtbot.waitSignal(explained.problem_told, timeout=10_000) as told:
        dialog.fileSelected.emit(str(other))
    dialog.close()
    assert "is not the video" in told.args[0]
    assert explained.video.path == other
    assert explained.view.state.range == (4, 20)
    assert explained.notes.notes.notes == (Note(3, 9, "a step"),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "damaged"),
        ('{"a": 1}', "not a session"),
        ('{"kind": "Motion Inspector session", "format": 99}', "newer version"),
    ],
)
def test_sessions_loses_nothing_to_a_broken_session(
    explained: MainWindow, qtbot: QtBot, tmp_path: Path, text: str, words: str
) -> None:
    note(explained)
    analysis = explained.analysis
    path = tmp_path / f"broken{SUFFIX}"
    path.write_text(text)
    explained.edits.setClean()
    with qtbot.waitSignal(explained.problem_told, timeout=10_000) as told:
        explained.open_file(path)
    assert words in told.args[0]
    assert explained.analysis is analysis
    assert len(explained.notes.notes.notes) == 1


def test_sessions_refuses_notes_that_are_none_before_anything_makes_way(
    saved: Path, explained: MainWindow, qtbot: QtBot
) -> None:
    saved.write_text(saved.read_text().replace('"first": 3', '"first": 30'))
    with qtbot.waitSignal(explained.problem_told, timeout=10_000) as told:
        explained.open_file(saved)
    assert "note" in told.args[0]
    assert explained.analysis is not None


def test_sessions_tells_of_an_analysis_that_is_not_there(
    saved: Path, explained: MainWindow, qtbot: QtBot
) -> None:
    shutil.rmtree(saved.with_name("mine.analysis"))
    saved.write_text(saved.read_text().replace('"explain": true', '"explain": false'))
    with qtbot.waitSignal(explained.problem_told, timeout=10_000) as told:
        explained.open_file(saved)
    assert "mine.analysis" in told.args[0]
    assert len(explained.notes.notes.notes) == 1


def test_sessions_explains_again_what_was_in_no_folder(
    explained: MainWindow, engine: FakeEngine, qtbot: QtBot, tmp_path: Path
) -> None:
    kept = explained.sessions.autosave_now()
    assert kept is not None
    session = read_session(kept)
    assert session.explain
    assert session.analysis is None
    before = len(engine.requests)
    with qtbot.waitSignal(explained.explained, timeout=10_000):
        explained.open_file(kept)
    assert len(engine.requests) == before + 1
    assert engine.requests[-1] == engine.requests[-2]


def test_sessions_offers_what_a_crash_left(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    note(opened)
    dead = keep_services(tmp_path / "of the dead", tmp_path / "state")
    kept = dead.autosave.save(read_session(opened.sessions.autosave_now()))
    lost = kept.with_name(f"1-dead{SUFFIX}")
    shutil.copy(kept, lost)  # of no living process: it has no lock
    dead.autosave.close()
    opened.edits.setClean()
    [found] = dead.lost()
    with qtbot.waitSignal(opened.sessions.opened, timeout=10_000):
        opened.sessions.recover(found)
    assert opened.notes.notes.notes == (Note(3, 9, "a step"),)
    assert not lost.exists()


@pytest.mark.parametrize(("answer", "left"), [("Don't save", 0), ("Cancel", 1)])
def test_window_asks_before_notes_are_lost(
    opened: MainWindow, qtbot: QtBot, answer: str, left: int
) -> None:
    note(opened)
    assert opened.isWindowModified()
    opened.open_file(opened.video.path)
    assert "has changed" in box_of(opened).text()
    press(opened, answer)
    qtbot.waitUntil(lambda: len(opened.notes.notes.notes) == left)


def test_window_closes_after_it_has_saved(opened: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / f"kept{SUFFIX}"
    opened.sessions.save(path)
    note(opened)
    assert not opened.close()
    press(opened, "Save")
    qtbot.waitUntil(lambda: not opened.isVisible())
    assert read_session(path).notes[0]["text"] == "a step"


def test_window_comes_back_as_it_was_left(opened: MainWindow) -> None:
    opened.docks.docks["timeline"].hide()
    opened.appearance.set_scheme("light")
    opened.close()
    again = MainWindow(opened.backend)
    assert again.docks.docks["timeline"].isHidden()
    assert again.appearance.look.scheme == "light"
    again.appearance.set_scheme("system")
    again.close()


def test_recent_files_are_in_the_menu(opened: MainWindow) -> None:
    [entry] = opened.backend.sessions.recent.entries()
    assert entry.path == opened.video.path


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"model": "figures"', '"model": "fancy"', "the model fancy is not here"),
        ('"method": "lrp"', '"method": "divine"', "the method divine is not here"),
        ('"weights": null', '"weights": "/gone/w.pth"', "weights file /gone/w.pth is missing"),
        ('"prior": null', '"prior": "/gone/p.json"', "prior /gone/p.json is missing"),
        ('"labels": null', '"labels": "/gone/l.txt"', "labels file /gone/l.txt is missing"),
        ('"model": "figures"', '"model": "/gone/c.toml"', "model card /gone/c.toml is missing"),
        ('"panes": [', '"panes": ["holiday"], "was": [', "the pane holiday is not known"),
        ('"options": []', '"options": [["nine", 9]]', "has no option nine"),
    ],
)
def test_sessions_tells_what_is_not_here_and_keeps_it(
    saved: Path,
    explained: MainWindow,
    engine: FakeEngine,
    qtbot: QtBot,
    old: str,
    new: str,
    words: str,
) -> None:
    window = explained
    text = saved.read_text()
    assert old in text
    text = text.replace(old, new).replace('"analysis": "mine.analysis"', '"analysis": null')
    saved.write_text(text.replace('"explain": false', '"explain": true'))
    before = len(engine.requests)
    with qtbot.waitSignal(window.problem_told, timeout=10_000) as told:
        window.open_file(saved)
    assert words in told.args[0]
    assert window.notes.notes.notes == (Note(3, 9, "a step"),)
    assert window.view.state.frame == 7
    kept = read_session(saved)
    window.sessions.save(saved)
    again = read_session(saved)
    request = kept.request
    if "pane" not in words:
        assert len(engine.requests) == before
        request = replace(request, frames=kept.view.range)  # what would be explained
    assert again == replace(kept, request=request, layout=again.layout, content=again.content)


def test_sessions_does_not_explain_with_what_is_not_here(
    saved: Path, explained: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    saved.write_text(saved.read_text().replace('"method": "lrp"', '"method": "divine"'))
    with qtbot.waitSignal(explained.problem_told, timeout=10_000):
        explained.open_file(saved)
    before = len(engine.requests)
    with qtbot.waitSignal(explained.problem_told, timeout=10_000) as told:
        explained.panel.bar.explain.click()
    assert "the method divine is not here" in told.args[0]
    assert len(engine.requests) == before
    assert explained.panel.bar.explain.isVisible()
