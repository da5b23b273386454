from __future__ import annotations

import csv
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.annotations.bouts import Bout
from gui.main_window.window import MainWindow

TABLE = "start,stop,label,subject\n0.08,0.4,walk,Ann\n0.4,0.6,wave,\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "bouts.csv"
    path.write_text(TABLE)
    return path


def load(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    with qtbot.waitSignal(window.bouts.told):
        window.bouts.load(path)


def test_bouts_are_shown_with_the_numbers_of_the_analysis(
    explained: MainWindow, qtbot: QtBot, table: Path, tmp_path: Path
) -> None:
    load(explained, qtbot, table)
    rows = explained.bouts.panel.rows
    times = explained.playback.video.timestamps_s if explained.playback.video else ()
    walk = rows.bouts[0]
    assert (walk.label, walk.subject) == ("walk", "Ann")
    assert times[walk.first] == pytest.approx(0.08, abs=0.03)
    qtbot.waitUntil(lambda: len(rows.evidence) == 2)
    assert explained.timeline.plots.lanes.bouts == rows.bouts
    numbers = tmp_path / "numbers.csv"
    with qtbot.waitSignal(explained.bouts.told):
        explained.bouts.save(numbers, "")
    with numbers.open(newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["label"] for row in found] == ["walk", "wave"]
    assert int(found[0]["explained"]) == rows.evidence[0].explained > 0


def test_bouts_are_saved_in_a_format_and_loaded_again(
    opened: MainWindow, qtbot: QtBot, table: Path, tmp_path: Path
) -> None:
    load(opened, qtbot, table)
    bouts, path = opened.bouts.bouts, tmp_path / "a.eaf"
    with qtbot.waitSignal(opened.bouts.told):
        opened.bouts.save(path, "elan")
    opened.bouts.clear()
    assert not opened.timeline.plots.lanes.bouts
    load(opened, qtbot, path)
    assert opened.bouts.bouts == bouts


def test_choosing_a_bout_marks_its_range_and_goes_there(
    opened: MainWindow, qtbot: QtBot, table: Path
) -> None:
    load(opened, qtbot, table)
    bout: Bout = opened.bouts.bouts[1]
    panel = opened.bouts.panel
    panel.table.clicked.emit(panel.rows.index(1, 0))
    assert opened.view.state.range == (bout.first, bout.stop)
    assert opened.view.state.frame == bout.first


def test_file_that_is_none_is_told_and_leaves_the_bouts(
    opened: MainWindow, qtbot: QtBot, table: Path, tmp_path: Path
) -> None:
    load(opened, qtbot, table)
    bouts = opened.bouts.bouts
    with qtbot.waitSignal(opened.bouts.failed) as failed:
        opened.bouts.load(tmp_path / "missing.boris")
    assert "missing.boris" in failed.args[0].message
    assert opened.bouts.bouts == bouts


def test_another_video_has_no_bouts(
    opened: MainWindow, qtbot: QtBot, table: Path, clip: Path
) -> None:
    load(opened, qtbot, table)
    with qtbot.waitSignal(opened.video_opened):
        opened.open_video(clip)
    assert opened.bouts.bouts == ()
    assert not opened.bouts.panel.save.isEnabled()
