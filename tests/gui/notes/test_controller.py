from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from engine.annotations.notes import Note
from gui.notes.controller import NotesController
from gui.state.video_info import VideoInfo, VideoRequest
from gui.state.view_model import ViewModel
from gui.timeline.flow_energy import FlowMeasuring
from gui.timeline.timeline import Timeline
from tests.gui.conftest import FRAMES


def video(frames: int = FRAMES) -> VideoInfo:
    path = Path("square.mp4")
    return VideoInfo(path, frames, 15.0, (96, 64), np.arange(frames) / 15.0, VideoRequest(path))


@pytest.fixture
def timeline(qtbot: QtBot) -> Timeline:
    timeline = Timeline()
    qtbot.addWidget(timeline)
    return timeline


@pytest.fixture
def noting(qtbot: QtBot, timeline: Timeline) -> NotesController:
    session = ViewModel(timeline)
    noting = NotesController(session, timeline, QUndoStack(timeline), timeline)
    qtbot.addWidget(noting.panel)
    session.update(frame_count=FRAMES)
    return noting


@pytest.fixture
def measuring() -> Iterator[FlowMeasuring]:
    measuring = FlowMeasuring()
    yield measuring
    measuring.close()


def flags(timeline: Timeline) -> list[float]:
    return [point.pos().x() for point in timeline.plots._notes.points()]


def test_notes_are_flagged_on_the_timeline(noting: NotesController, timeline: Timeline) -> None:
    noting.set_video(video())
    noting.notes.add(Note(3, 9, "a step"))
    noting.notes.add(Note(20, 21, "a turn"))
    assert flags(timeline) == [3, 20]
    noting.set_video(video())
    assert flags(timeline) == []


def test_notes_come_back_from_their_file(
    noting: NotesController, qtbot: QtBot, tmp_path: Path
) -> None:
    noting.set_video(video())
    noting.notes.add(Note(3, 9, "a step"))
    noting.notes.add(Note(38, FRAMES, "the end"))
    path = tmp_path / "mine.vtt"
    with qtbot.waitSignal(noting.told) as told:
        noting.save(path)
    assert told.args == [f"Written: {path}"]
    noting.set_video(video())
    with qtbot.waitSignal(noting.changed):
        noting.load(path)
    assert noting.notes.notes == (Note(3, 9, "a step"), Note(38, FRAMES, "the end"))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"no WebVTT", None])
def test_notes_that_cannot_be_read_are_told(
    noting: NotesController, qtbot: QtBot, tmp_path: Path, content: bytes | None
) -> None:
    noting.set_video(video())
    noting.notes.add(Note(3, 9, "a step"))
    path = tmp_path / "broken.vtt"
    if content is not None:
        path.write_bytes(content)
    with qtbot.waitSignal(noting.failed) as failed:
        noting.load(path)
    assert "broken.vtt" in failed.args[0].message
    assert len(noting.notes.notes) == 1


def test_notes_that_cannot_be_written_are_told(
    noting: NotesController, qtbot: QtBot, tmp_path: Path
) -> None:
    noting.set_video(video())
    noting.notes.add(Note(3, 9, "a step"))
    with qtbot.waitSignal(noting.failed), qtbot.assertNotEmitted(noting.told):
        noting.save(tmp_path / "no such folder" / "mine.vtt")


def test_notes_without_a_video_go_nowhere(
    noting: NotesController, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "mine.vtt"
    noting.save(path)
    assert not path.exists()
    with qtbot.waitSignal(noting.told) as told:
        noting.load(path)
    assert told.args[0].startswith("Open the video first")


def test_motion_of_each_frame_is_measured(
    measuring: FlowMeasuring, qtbot: QtBot, clip: Path
) -> None:
    said: list[str] = []
    measuring.told.connect(said.append)
    with qtbot.waitSignal(measuring.measured, timeout=10_000) as measured:
        measuring.start(VideoRequest(clip), 6)
    start, energy = measured.args
    assert (start, len(energy)) == (0, 6)
    assert np.isfinite(energy[:-1]).all()
    assert (energy[:-1] > 0).all()  # the square moves in every frame
    assert said[0].startswith("Measuring the motion: ")
    assert said[-1] == "Measured how much moves in each frame"


def test_motion_of_a_video_that_is_gone_is_told(
    measuring: FlowMeasuring, qtbot: QtBot, tmp_path: Path
) -> None:
    with qtbot.waitSignal(measuring.failed, timeout=10_000) as failed:
        measuring.start(VideoRequest(tmp_path / "gone.mp4"), 6)
    assert "gone.mp4" in failed.args[0].message
