from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from engine.store import Analysis
from engine.store.summary import summary_of, write_summary
from engine.types import Request
from engine.video.content_hash import content_id
from gui.main_window.window import MainWindow
from tests.gui.conftest import FakeEngine, header_for, relevance, window_at

Explain = Callable[[str], Path]


def cached(folder: Path, clip: Path, key: str, method: str = "rise") -> Path:
    """An analysis of the clip in a cache, as another run left it."""
    header = header_for(Request(clip, method=method, frames=(0, 16)), 0, 16)
    analysis = Analysis.create(replace(header, content=content_id(clip)))
    analysis.append([window_at(first, 8) for first in (0, 8)], relevance(0, 16))
    place = folder / "cache" / key
    analysis.save(place, preset="recommended", sigma=1.0)
    write_summary(place, summary_of(analysis, 1.0))
    analysis.close()
    return place


@pytest.fixture
def explain(explained: MainWindow, qtbot: QtBot) -> Explain:
    """Explains by a method, and returns the folder of the result."""

    def run(method: str) -> Path:
        box = explained.panel.method
        box.setCurrentIndex(box.findData(method))
        with qtbot.waitSignal(explained.explained):
            explained.panel.bar.explain.click()
        assert explained.analysis is not None
        return explained.analysis.folder

    return run


def rows(window: MainWindow) -> list[tuple[str, str]]:
    return [(row.title, ", ".join(row.marks)) for row in window.results.panel.rows.rows]


def answer(window: MainWindow, text: str) -> str:
    """Press a button of the question that is open, and return the question."""
    box = window.findChildren(QMessageBox)[-1]
    said = f"{box.text()} {box.informativeText()}"
    next(button for button in box.buttons() if button.text() == text).click()
    box.close()
    return said


def test_list_has_every_result_and_switches_at_once(
    explained: MainWindow, explain: Explain
) -> None:
    first = explained.analysis
    explain("gradient")
    assert rows(explained) == [('Gradient of "walking"', "shown"), ('LRP of "walking"', "")]
    assert first is not None
    explained.results.panel.chosen.emit(first.folder)
    assert explained.analysis is first
    assert rows(explained)[1] == ('LRP of "walking"', "shown")


def test_list_has_what_is_being_made(
    explained: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    first = explained.analysis
    engine.held_at = 2
    explained.panel.bar.explain.click()
    qtbot.waitUntil(lambda: len(rows(explained)) == 2)
    row = explained.results.panel.rows.rows[0]
    assert (row.marks, row.is_fixed) == (("running", "shown"), True)
    qtbot.waitUntil(lambda: "2 of 9 windows" in explained.results.panel.rows.rows[0].about)
    assert first is not None
    explained.results.show_result(first.folder)
    assert [mark for _, mark in rows(explained)] == ["running", "shown"]
    explained.results.show_result(row.folder)
    assert explained.analysis is explained.explain.growing
    with qtbot.waitSignal(explained.explained):
        engine.gate.set()
    assert [mark for _, mark in rows(explained)] == ["shown", ""]


def test_list_has_the_cache_by_content_and_opens_it(
    window: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    folder = cached(tmp_path, clip, "key")
    moved = tmp_path / "moved.mp4"
    moved.write_bytes(clip.read_bytes())
    with qtbot.waitSignal(window.reader.frame_read, timeout=10_000):
        window.open_video(moved)
    qtbot.waitUntil(lambda: rows(window) == [('RISE-3D of "walking"', "")])
    with qtbot.waitSignal(window.explain.curves_made):
        window.results.panel.chosen.emit(folder)
    analysis = window.analysis
    assert analysis is not None
    assert (analysis.place, analysis.header.request.video) == ("cache", moved)
    said = html.unescape(window.explain.results.stale.text())
    assert 'These results: RISE-3D of "walking", frames 0-15.' in said


def test_result_of_another_video_is_not_listed(
    window: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(clip.read_bytes() + b"more")
    cached(tmp_path, other, "key")
    with qtbot.waitSignal(window.results._finder.finished):
        window.open_video(clip)
    assert rows(window) == []


def test_pin_compares_with_a_result(explained: MainWindow, explain: Explain) -> None:
    first = explained.analysis
    explain("gradient")
    panel = explained.results.panel
    assert first is not None
    panel.view.setCurrentIndex(panel.proxy.index(1, 0))
    panel.pin.click()
    assert explained.comparison.other is first
    assert [mark for _, mark in rows(explained)] == ["shown", "pinned"]
    explained.results.show_result(first.folder)
    assert [mark for _, mark in rows(explained)] == ["", "shown, pinned"]
    assert panel.pin.text() == "Unpin"
    panel.pin.click()
    assert [mark for _, mark in rows(explained)] == ["", "shown"]
    assert tuple(explained.panes.panes) == ("video", "relevance", "motion", "static")


def test_name_stays_with_the_result_in_the_cache(
    window: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    folder = cached(tmp_path, clip, "key")
    for _ in range(2):  # the second time it is read from the disk
        with qtbot.waitSignal(window.results._finder.finished):
            window.open_video(clip)
        if rows(window) == [("Try 1", "")]:
            break
        with qtbot.waitSignal(window.results._keeper.finished):
            window.results.panel.renamed.emit(folder, "Try 1")
    assert rows(window) == [("Try 1", "")]
    window.results.rename(folder, "")
    assert rows(window) == [('RISE-3D of "walking"', "")]


def test_delete_asks_and_removes_from_the_cache(
    window: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    folder = cached(tmp_path, clip, "key")
    with qtbot.waitSignal(window.results._finder.finished):
        window.open_video(clip)
    with qtbot.waitSignal(window.explain.curves_made):
        window.results.show_result(folder)
    window.results.ask_delete(folder)
    assert folder.is_dir()
    with qtbot.waitSignal(window.results._keeper.finished):
        assert "removed from the cache" in answer(window, "Delete it")
    assert not folder.exists()
    assert window.analysis is None
    assert rows(window) == []


def test_delete_leaves_a_folder_of_the_user_alone(
    explained: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    folder = cached(tmp_path / "mine", clip, "saved")
    with qtbot.waitSignal(explained.explain.curves_made, timeout=10_000):
        explained.open_analysis(folder)
    assert explained.analysis is not None
    assert explained.analysis.place == "folder"
    explained.results.ask_delete(folder)
    assert "Its folder stays" in answer(explained, "Take it off")
    assert folder.is_dir()
    assert folder not in [row.folder for row in explained.results.panel.rows.rows]


def test_result_that_is_in_use_elsewhere_stays(
    window: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    folder = cached(tmp_path, clip, "key")
    used = window.backend.results.open(folder, clip)
    with qtbot.waitSignal(window.results._finder.finished):
        window.open_video(clip)
    with qtbot.waitSignal(window.results._finder.finished):
        window.results.delete(folder)
    assert rows(window) == [('RISE-3D of "walking"', "")]
    assert "in use" in window.statusBar().currentMessage()
    used.close()


def test_session_keeps_its_list(
    explained: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    folder, gone = cached(tmp_path, clip, "key"), cached(tmp_path, clip, "gone", "lime")
    path = tmp_path / "one.mis.json"
    with qtbot.waitSignal(explained.results._finder.finished):
        explained.open_video(clip)
    explained.results.rename(folder, "Mine")
    explained.results.rename(gone, "Lost")
    qtbot.waitUntil(lambda: not explained.results._changes)
    explained.sessions.save(path)
    assert explained.backend.results.remove(gone)
    with qtbot.waitSignals([explained.sessions.opened, explained.results._finder.finished]):
        explained.sessions.open(path)
    qtbot.waitUntil(lambda: len(rows(explained)) == 2)
    found = {row.title: row.is_faint for row in explained.results.panel.rows.rows}
    assert found == {"Mine": False, "Lost": True}
    explained.results.show_result(gone)
    assert explained.panel.settings().method == "lime"
    assert explained.panel.settings().frames == (0, 16)
    assert "not here any more" in explained.statusBar().currentMessage()


def test_another_video_lets_go_of_what_was_kept_open(
    explained: MainWindow, explain: Explain, qtbot: QtBot, clip: Path
) -> None:
    folder = explain("gradient")
    assert folder.is_dir()
    with qtbot.waitSignal(explained.video_opened, timeout=10_000):
        explained.open_video(clip)
    assert not folder.exists()
    assert not explained.analysis_refs.folders()
