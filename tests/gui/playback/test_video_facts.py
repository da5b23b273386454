"""What the window tells of a video, and other ways to read it."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from PySide6.QtWidgets import QInputDialog, QMessageBox
from pytestqt.qtbot import QtBot

from gui.main_window.window import MainWindow
from tests.engine.video.numbered import Clip, numbered_picture
from tests.engine.video.test_refusals import damaged_file


def open_in(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    with qtbot.waitSignal(window.reader.frame_read, timeout=10_000):
        window.open_video(path)


def test_about_this_video_names_codec_frames_and_rate(opened: MainWindow, qtbot: QtBot) -> None:
    opened.commands.action("file.about_video").trigger()
    [box] = opened.findChildren(QMessageBox)
    for word in ("H.264", "40 in 2.67 s", "15 frames/s, constant", "96 x 64"):
        assert word in box.text(), box.text()
    box.close()


def test_about_this_video_is_off_before_one_is_open(window: MainWindow) -> None:
    for name in ("about_video", "deinterlace", "stream"):
        assert not window.commands.action(f"file.{name}").isEnabled()


def test_window_shows_more_frames_as_they_become_known(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    open_in(window, qtbot, Clip("a.ts", "mpeg2video", {"g": "12"}, frames=60).write(tmp_path))
    qtbot.waitUntil(lambda: window.view.state.frame_count == 60, timeout=10_000)
    assert window.panel.last.value() == 59
    assert "60 frames" in window.statusBar().currentMessage()


def test_window_hatches_damage_and_says_when_a_frame_is_missing(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    open_in(window, qtbot, damaged_file(tmp_path))
    with qtbot.waitSignal(window.reader.updated, timeout=10_000):
        window.view.go_to(5)
    qtbot.waitUntil(
        lambda: [hatch.getRegion() for hatch in window.timeline.damage] == [(4.5, 6.5)],
        timeout=10_000,
    )
    with qtbot.waitSignal(window.reader.frame_read, timeout=10_000):
        window.view.go_to(6)
    assert "Frame 6 cannot be decoded" in window.statusBar().currentMessage()
    assert not window.findChildren(QMessageBox)


@pytest.fixture
def two_streams(tmp_path: Path) -> Path:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("ffv1", rate=25) for _ in range(2)]
        for stream, size in zip(streams, ((128, 96), (192, 96)), strict=True):
            stream.width, stream.height, stream.pix_fmt = *size, "bgr0"
        for number in range(4):
            for stream in streams:
                picture = numbered_picture(number, (stream.width, stream.height))
                frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="bgr0")
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


def test_window_shows_the_stream_that_is_chosen(
    window: MainWindow, qtbot: QtBot, two_streams: Path
) -> None:
    open_in(window, qtbot, two_streams)
    assert window.video is not None
    assert window.video.size == (128, 96)
    window.commands.action("file.stream").trigger()
    [dialog] = window.findChildren(QInputDialog)
    dialog.setIntValue(1)
    with qtbot.waitSignal(window.video_opened, timeout=10_000):
        dialog.accept()
    assert window.video.size == (192, 96)
    assert window.video.stream == 1


def test_window_deinterlaces_on_request_and_tells_the_engine(
    window: MainWindow, qtbot: QtBot, engine, tmp_path: Path
) -> None:
    flags = {"flags": "+ildct+ilme", "x264-params": "tff=1:keyint=12"}
    open_in(window, qtbot, Clip("a.mp4", "libx264", flags).write(tmp_path))
    assert window.commands.action("file.deinterlace").isEnabled()
    with qtbot.waitSignal(window.video_opened, timeout=10_000):
        window.commands.action("file.deinterlace").trigger()
    assert window.commands.action("file.deinterlace").isChecked()
    with qtbot.waitSignal(window.explained, timeout=10_000):
        window.panel.bar.explain.click()
    assert engine.requests[-1].deinterlace
