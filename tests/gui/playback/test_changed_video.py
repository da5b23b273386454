from __future__ import annotations

import shutil
from pathlib import Path

from pytestqt.qtbot import QtBot

from gui.main_window.window import MainWindow


def test_video_that_is_changed_while_it_plays_stops_and_is_told(
    window: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(clip, tmp_path / "walk.mp4"))
    with qtbot.waitSignal(window.reader.frame_read, timeout=10_000):
        window.open_video(path)
    path.write_bytes(path.read_bytes()[:1500])
    with qtbot.waitSignal(window.problem_told, timeout=10_000) as told:
        window.view.update(playing=True)
        window.view.go_to(35)
    assert "walk.mp4 was changed while it was open" in told.args[0]
    assert not window.view.state.playing
