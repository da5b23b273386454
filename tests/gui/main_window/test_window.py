from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from engine.store import Analysis
from gui.explain.video_requests import as_viewed
from gui.main_window.window import MainWindow
from gui.state.video_info import FrameSet
from tests.clips import moving_square, write_clip
from tests.gui.conftest import FRAMES, LABELS, FakeEngine


def close_messages(window: MainWindow) -> list[str]:
    boxes = window.findChildren(QMessageBox)
    texts = [box.text() for box in boxes]
    for box in boxes:
        box.close()
    return texts


def click_timeline(window: MainWindow, frame: int) -> None:
    plot = window.timeline.shares
    scene = plot.vb.mapViewToScene(plot.vb.viewRect().center())
    scene.setX(plot.vb.mapViewToScene(QPoint(frame, 0)).x())
    viewport = window.timeline._view.viewport()
    place = window.timeline._view.mapFromScene(scene)
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)


def test_open_shows_the_first_frame(opened: MainWindow) -> None:
    assert opened.panes.shown_frame == 0
    assert opened.panes.panes["video"].image is not None
    assert opened.transport.number.maximum() == FRAMES - 1
    assert opened.windowTitle().startswith("square.mp4")


def test_open_of_a_bad_file_tells_and_keeps_the_video(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("not a video")
    with qtbot.waitSignal(opened.problem_told) as told:
        opened.open_video(bad)
    assert "bad.mp4" in told.args[0]
    assert close_messages(opened) == told.args
    with qtbot.waitSignal(opened.reader.frame_read):
        opened.view.go_to(7)
    assert opened.panes.shown_frame == 7


def test_explain_fills_panes_timeline_and_results(explained: MainWindow) -> None:
    for name in ("relevance", "motion", "static"):
        assert explained.panes.panes[name].image is not None
    assert explained.analysis is not None
    assert explained.analysis.complete
    assert explained.explain.results.clip.text().endswith("%")
    assert explained.explain.results.evidence.verdict.text().startswith("Movement: 85")
    share = explained.timeline.plots.evidence.share.getData()[1]
    np.testing.assert_allclose(share, np.full(FRAMES, 0.85))
    assert [label for label, _ in explained.explain.results.top.rows] == list(LABELS)
    assert "100.00%" in explained.explain.results.conservation.text()
    assert explained.panel.bar.explain.isVisible()


def test_explain_shows_results_while_they_are_computed(
    opened: MainWindow, qtbot: QtBot, engine: FakeEngine
) -> None:
    engine.gate.clear()
    opened.panel.bar.explain.click()
    assert opened.panel.bar.cancel.isVisible()
    assert opened.panes.panes["motion"].image is None
    engine.gate.set()
    engine_done = opened.explained
    with qtbot.waitSignal(engine_done):
        qtbot.waitUntil(lambda: opened.panes.panes["motion"].image is not None)


def test_explain_asks_for_what_the_panel_says(
    opened: MainWindow, qtbot: QtBot, engine: FakeEngine
) -> None:
    panel = opened.panel
    panel.method.setCurrentIndex(panel.method.findData("gradient"))
    panel.target.setCurrentText("boxing")
    panel.first.setValue(8)
    panel.last.setValue(23)
    opened.explain.separation.sigma.setValue(2.5)
    with qtbot.waitSignal(opened.explained):
        panel.bar.explain.click()
    request = engine.requests[-1]
    assert (request.method, request.target, request.frames) == ("gradient", "boxing", (8, 24))
    assert request.sigma == 2.5


def test_frame_outside_the_explained_range_says_so(opened: MainWindow, qtbot: QtBot) -> None:
    opened.panel.first.setValue(8)
    with qtbot.waitSignal(opened.explained):
        opened.panel.bar.explain.click()
    opened.view.go_to(3)
    qtbot.waitUntil(lambda: "8-39" in opened.panes.panes["motion"].message)


def test_range_is_one_on_the_timeline_in_the_panel_and_on_the_button(opened: MainWindow) -> None:
    opened.timeline.range_changed.emit((8, 24))
    assert (opened.panel.first.value(), opened.panel.last.value()) == (8, 23)
    assert opened.panel.bar.explain.text() == "Explain 8-23"
    opened.panel.last.setValue(30)
    assert opened.view.state.range == (8, 31)
    opened.view.go_to(12)
    opened.transport.set_in()
    assert opened.panel.settings().frames == (12, 31)
    opened.commands.action("range.clear").trigger()
    assert opened.panel.settings().frames == (0, opened.view.state.frame_count)
    assert opened.panel.bar.explain.text() == "Explain"


def test_explain_begins_at_the_playhead(
    opened: MainWindow, qtbot: QtBot, engine: FakeEngine
) -> None:
    opened.view.go_to(21)
    with qtbot.waitSignal(opened.explained):
        opened.panel.bar.explain.click()
    assert engine.playheads == [21]


def test_panel_says_what_is_in_the_cache(
    opened: MainWindow, qtbot: QtBot, engine: FakeEngine
) -> None:
    assert opened.video is not None
    panel, video = opened.panel, opened.video
    panel.frames.choose((0, 30))
    engine.cached.append(as_viewed(panel.settings(), video, opened.view.state))
    qtbot.waitUntil(lambda: "in cache" in panel.bar.status.text().lower())
    panel.last.setValue(20)
    assert "in cache" not in panel.bar.status.text().lower()


@pytest.mark.parametrize(("playhead", "expected"), [(3, 8), (12, 12), (38, 23)])
def test_playhead_is_on_an_explained_frame_after_a_run(
    opened: MainWindow, qtbot: QtBot, playhead: int, expected: int
) -> None:
    opened.timeline.range_changed.emit((8, 24))
    opened.view.go_to(playhead)
    with qtbot.waitSignal(opened.explained):
        opened.panel.bar.explain.click()
    assert opened.view.state.frame == expected


@pytest.mark.parametrize(
    ("key", "frame"),
    [
        (Qt.Key.Key_Right, 21),
        (Qt.Key.Key_Left, 19),
        (Qt.Key.Key_Period, 21),
        (Qt.Key.Key_Comma, 19),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_End, FRAMES - 1),
    ],
)
def test_keys_step_through_the_frames(
    explained: MainWindow, qtbot: QtBot, key: Qt.Key, frame: int
) -> None:
    with qtbot.waitSignal(explained.reader.frame_read):
        explained.view.go_to(20)
    with qtbot.waitSignal(explained.reader.frame_read):
        QTest.keyClick(explained.panes, key)
    assert explained.view.state.frame == frame
    assert explained.panes.shown_frame == frame
    assert explained.transport.number.value() == frame


def test_typed_frame_number_seeks(explained: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(explained.reader.frame_read):
        explained.transport.number.setValue(33)
    assert explained.panes.shown_frame == 33


def test_click_on_the_timeline_seeks(explained: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(explained.reader.frame_read):
        click_timeline(explained, 25)
    assert abs(explained.panes.shown_frame - 25) <= 1
    text = f"Frame {explained.panes.shown_frame}"
    qtbot.waitUntil(lambda: text in explained.timeline.readout.text())


def test_late_frame_is_not_shown(explained: MainWindow) -> None:
    before = explained.panes.shown_frame
    picture = moving_square(1)[0]
    explained.view.go_to(30)
    explained.playback._on_reader_frame_read(FrameSet(12, picture))
    assert explained.panes.shown_frame == before


def test_explain_without_evidence_says_how_to_get_it(
    opened: MainWindow, qtbot: QtBot, engine: FakeEngine
) -> None:
    effort = opened.panel.evidence.effort
    effort.setCurrentIndex(effort.findData("off"))
    with qtbot.waitSignals([opened.explained, opened.explain.refilter.finished], timeout=10_000):
        opened.panel.bar.explain.click()
    qtbot.waitUntil(lambda: not opened.explain.refilter.busy)
    assert engine.requests[-1].evidence == "off"
    assert "no evidence" in opened.explain.results.evidence.reason.text()
    assert opened.timeline.switches["share"].isChecked()


def test_new_window_explains_and_shows_maps_of_evidence(
    explained: MainWindow, engine: FakeEngine
) -> None:
    assert engine.requests[-1].preset == explained.view.state.preset == "evidence"
    analysis = explained.explain.analysis
    assert analysis is not None
    assert analysis.has_maps
    assert "on what movement changes" in explained.explain.results.meaning.text()


@pytest.mark.parametrize("asks", [True, False])
def test_window_shows_an_analysis_without_maps_as_usual_and_says_so(
    opened: MainWindow, qtbot: QtBot, engine: FakeEngine, asks: bool
) -> None:
    engine.maps = False
    opened.view.update(preset="evidence" if asks else "recommended")
    with qtbot.waitSignals([opened.explained, opened.explain.refilter.finished], timeout=10_000):
        opened.panel.bar.explain.click()
    opened.view.update(preset="evidence")
    notices = opened.explain.results.notices
    qtbot.waitUntil(lambda: "no maps of evidence" in notices.text())
    assert "separated as recommended" in notices.text()
    assert ("Explain again" in notices.text()) is not asks
    assert not opened.panes.panes["motion"].image.isNull()
    assert "changes sharply" in opened.explain.results.meaning.text()


def test_sigma_filters_again_without_explaining(
    explained: MainWindow, qtbot: QtBot, engine: FakeEngine
) -> None:
    with qtbot.waitSignal(explained.explain.refilter.finished):
        explained.view.update(preset="recommended")
    share = explained.explain.results.clip.text()
    before = explained.panes.panes["motion"].image
    with qtbot.waitSignal(explained.explain.refilter.finished):
        explained.explain.separation.sigma_slider.setValue(60)
    assert explained.view.state.sigma == 3.0
    assert explained.explain.separation.sigma.value() == 3.0
    assert explained.panes.panes["motion"].image != before
    assert explained.explain.results.clip.text() != share
    assert len(engine.requests) == 1


def test_preset_filters_again(explained: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(explained.explain.refilter.finished):
        explained.explain.separation.preset.setCurrentText("code-2021")
    assert explained.view.state.preset == "code-2021"


def test_play_runs_through_the_frames(explained: MainWindow, qtbot: QtBot) -> None:
    explained.transport.play.click()
    assert explained.view.state.playing
    qtbot.waitUntil(lambda: explained.panes.shown_frame >= 3)
    explained.transport.play.click()
    assert not explained.view.state.playing


def test_cancel_ends_without_a_result(
    opened: MainWindow, qtbot: QtBot, engine: FakeEngine, temporary: Callable[[], list[Path]]
) -> None:
    engine.gate.clear()
    opened.panel.bar.explain.click()
    with qtbot.waitSignal(opened.explain.engine.cancelled):
        opened.panel.bar.cancel.click()
    assert opened.panel.bar.explain.isVisible()
    assert opened.analysis is None
    assert not temporary()


def test_failure_is_told_and_the_next_job_succeeds(
    opened: MainWindow, qtbot: QtBot, engine: FakeEngine
) -> None:
    engine.fails = True
    with qtbot.waitSignal(opened.problem_told) as told:
        opened.panel.bar.explain.click()
    assert told.args == ["The weights do not fit."]
    assert opened.statusBar().currentMessage() == "Not explained"
    close_messages(opened)
    engine.fails = False
    with qtbot.waitSignal(opened.explained):
        opened.panel.bar.explain.click()


def test_close_while_busy_is_clean(
    opened: MainWindow, engine: FakeEngine, temporary: Callable[[], list[Path]]
) -> None:
    engine.gate.clear()
    opened.panel.bar.explain.click()
    assert opened.close()
    assert not opened.explain.engine.busy
    assert not temporary()


def test_click_on_a_top_class_explains_it(
    explained: MainWindow, qtbot: QtBot, engine: FakeEngine
) -> None:
    with qtbot.waitSignal(explained.explained):
        QTest.mouseClick(
            explained.explain.results.top, Qt.MouseButton.LeftButton, pos=QPoint(20, 26 * 2 + 8)
        )
    assert engine.requests[-1].target == "boxing"


def test_opened_video_brings_the_classes_to_choose_from(opened: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: opened.panel.target.count() == len(LABELS) + 1)
    assert opened.panel.target.findText("boxing") >= 0


def test_model_choice_offers_its_classes(opened: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(opened.explain.background.labels.finished):
        opened.panel.model_choice.model.setCurrentIndex(
            opened.panel.model_choice.model.findData("r3d_18")
        )
    assert opened.panel.target.findText("r3d_18 class 399") >= 0


def test_export_writes_in_the_background(
    explained: MainWindow, qtbot: QtBot, engine: FakeEngine, tmp_path: Path
) -> None:
    engine.export_gate.clear()
    explained.export_to(tmp_path / "clip.mp4")
    with qtbot.waitSignal(explained.reader.frame_read):  # work goes on meanwhile
        explained.view.go_to(9)
    with qtbot.waitSignal(explained.exported) as done:
        engine.export_gate.set()
    assert done.args == [tmp_path / "clip.mp4"]
    assert engine.exports == done.args


def test_export_without_an_analysis_is_told(opened: MainWindow, tmp_path: Path) -> None:
    opened.export_to(tmp_path / "clip.mp4")
    assert close_messages(opened) == ["There is nothing to write yet."]


def test_export_can_be_cancelled(
    explained: MainWindow, qtbot: QtBot, engine: FakeEngine, tmp_path: Path
) -> None:
    engine.export_gate.clear()
    explained.export_to(tmp_path / "clip.mp4")
    with qtbot.waitSignal(explained.export.queue.cancelled):
        explained.commands.action("file.cancel_export").trigger()
    assert not engine.exports


def test_saved_analysis_opens_again(explained: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    with qtbot.waitSignal(explained.exported):
        explained.save_analysis_to(folder)
    assert Analysis.open(folder).complete
    with qtbot.waitSignals([explained.video_opened, explained.explain.refilter.finished]):
        explained.open_analysis(folder)
    assert explained.analysis is not None
    assert explained.analysis.folder == folder


def test_new_video_drops_the_old_analysis(
    explained: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    other = write_clip(tmp_path / "other.mp4", moving_square(12))
    with qtbot.waitSignal(explained.reader.frame_read):
        explained.open_video(other)
    assert explained.analysis is None
    assert explained.view.state.frame_count == 12
    assert explained.panes.panes["motion"].image is None


def test_the_demo_clip_opens_from_the_menu(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.video_opened, timeout=10_000):
        window.commands.action("file.demo").trigger()
    assert window.video is not None
    assert window.video.path.name == "demo.mp4"


def test_the_window_says_what_it_is_opening_and_that_it_could_not(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(window.problem_told):
        window.open_video(tmp_path / "gone.mp4")
        assert window.statusBar().currentMessage() == "Opening gone.mp4 ..."
        assert window.panes.panes["video"].message == "Opening gone.mp4 ..."
    assert "Drop a video here" in window.panes.panes["video"].message
    assert close_messages(window) == [f"{tmp_path / 'gone.mp4'} does not exist."]
