import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from engine.video.content_hash import content_id
from gui.main_window.window import MainWindow
from gui.state.session_file import SUFFIX
from tests.clips import moving_square, write_clip


@pytest.fixture
def saved(explained: MainWindow, clip: Path, tmp_path: Path) -> Path:
    """An analysis of clips/square.mp4 in clips/saved, which knows the content of its video."""
    video = tmp_path / "clips" / "square.mp4"
    video.parent.mkdir()
    shutil.copy(clip, video)
    analysis = explained.analysis
    assert analysis is not None
    request = replace(analysis.header.request, video=video)
    analysis.header = replace(analysis.header, request=request, content=content_id(video))
    analysis.save(video.parent / "saved", preset="recommended", sigma=1.0)
    return video.parent / "saved"


def question(window: MainWindow, qtbot: QtBot) -> QMessageBox:
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)), timeout=10_000)
    return window.findChildren(QMessageBox)[-1]


def choose(window: MainWindow, qtbot: QtBot, video: Path) -> None:
    """Press "Look for it..." and take a file."""
    box = question(window, qtbot)
    next(button for button in box.buttons() if button.text() == "Look for it...").click()
    box.deleteLater()
    dialog = window.findChildren(QFileDialog)[-1]
    dialog.fileSelected.emit(str(video))
    dialog.close()
    dialog.deleteLater()
    qtbot.waitUntil(lambda: not window.findChildren(QFileDialog))


def test_analysis_opens_with_the_video_beside_its_folder(
    explained: MainWindow, saved: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "clips").rename(tmp_path / "moved")
    with qtbot.waitSignal(explained.analysis_opener.opened, timeout=10_000):
        explained.open_file(tmp_path / "moved" / "saved")
    assert explained.video is not None
    assert explained.video.path.resolve() == tmp_path / "moved" / "square.mp4"
    assert explained.analysis is not None
    assert explained.analysis.folder == tmp_path / "moved" / "saved"


def test_analysis_of_a_missing_video_lets_the_user_look_for_it(
    explained: MainWindow, saved: Path, qtbot: QtBot, clip: Path
) -> None:
    (saved.parent / "square.mp4").unlink()
    before = explained.analysis
    explained.open_file(saved)
    assert "is not where it was" in question(explained, qtbot).text()
    assert explained.analysis is before
    with qtbot.waitSignal(explained.analysis_opener.opened, timeout=10_000):
        choose(explained, qtbot, clip)
    assert explained.analysis is not None
    assert explained.analysis.folder == saved
    assert explained.analysis.header.request.video == clip


def test_analysis_is_never_shown_over_another_video(
    explained: MainWindow, saved: Path, qtbot: QtBot, tmp_path: Path, clip: Path
) -> None:
    write_clip(saved.parent / "square.mp4", moving_square(25)[::-1])
    other = write_clip(tmp_path / "other.mp4", moving_square(25)[::2].repeat(2, 0)[:25])
    before = explained.analysis
    explained.open_file(saved)
    assert "square.mp4 is not the video that was explained" in question(explained, qtbot).text()
    choose(explained, qtbot, other)
    assert "other.mp4 is not the video that was explained" in question(explained, qtbot).text()
    assert explained.analysis is before
    with qtbot.waitSignal(explained.analysis_opener.opened, timeout=10_000):
        choose(explained, qtbot, clip)


def test_earlier_analysis_is_refused_over_a_shorter_video(
    explained: MainWindow, saved: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    analysis = explained.analysis
    assert analysis is not None
    short = write_clip(tmp_path / "short.mp4", moving_square(9))
    request = replace(analysis.header.request, video=short)
    analysis.header = replace(analysis.header, request=request, content="")
    analysis.save(tmp_path / "earlier", preset="recommended", sigma=1.0)
    with qtbot.waitSignal(explained.problem_told, timeout=10_000) as told:
        explained.open_file(tmp_path / "earlier")
    assert told.args == ["earlier explains another video."]
    assert explained.analysis is None


def test_analysis_whose_video_does_not_open_is_not_shown_over_the_next(
    explained: MainWindow, saved: Path, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    analysis = explained.analysis
    assert analysis is not None
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    request = replace(analysis.header.request, video=tmp_path / "broken.mp4")
    analysis.header = replace(analysis.header, request=request, content="")
    analysis.save(tmp_path / "earlier", preset="recommended", sigma=1.0)
    with qtbot.waitSignal(explained.problem_told, timeout=10_000):
        explained.open_file(tmp_path / "earlier")
    with qtbot.waitSignal(explained.video_opened, timeout=10_000):
        explained.playback.open(replace(explained.video.request, path=clip))
    assert explained.analysis is None


def test_comparison_refuses_an_analysis_of_another_content(
    explained: MainWindow, saved: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    analysis = explained.analysis
    assert analysis is not None
    other = write_clip(tmp_path / "other.mp4", moving_square(25)[::-1])
    request = replace(analysis.header.request, video=other)
    analysis.header = replace(analysis.header, request=request, content=content_id(other))
    with qtbot.waitSignal(explained.problem_told, timeout=10_000) as told:
        explained.comparison.open(saved)
    assert "other.mp4 is not the video that was explained" in told.args[0]
    assert explained.comparison.other is None


def test_session_refuses_an_analysis_of_another_content(
    explained: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    analysis = explained.analysis
    assert analysis is not None
    analysis.header = replace(analysis.header, content="1-another")
    session = tmp_path / f"mine{SUFFIX}"
    with qtbot.waitSignal(explained.exported, timeout=10_000):
        explained.sessions.save(session)
    with qtbot.waitSignal(explained.problem_told, timeout=10_000) as told:
        explained.open_file(session)
    assert "is not the video that was explained" in told.args[0]
    assert explained.analysis is None
