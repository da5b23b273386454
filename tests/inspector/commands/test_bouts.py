from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from inspector.cli import main
from tests.clips import moving_square, write_clip
from tests.engine.video.numbered import Clip

TIMES_MS = [0, 40, 80, 300, 340, 380, 420, 460]  # the rate varies
TABLE = "start,stop,label,subject\n0.04,0.3,walk,Ann\n0.3,0.42,wave,\n"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return Clip("a.mkv", "libx264", frames=8, times_ms=TIMES_MS).write(tmp_path)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "bouts.csv"
    path.write_text(TABLE)
    return path


def test_bouts_are_listed_by_frames_where_the_rate_varies(
    video: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bouts", str(table), str(video)]) == 0
    told = capsys.readouterr().out
    assert "2 bouts" in told
    assert "Ann: walk: 1, frames 1-2" in told
    assert "wave: 1, frames 3-5" in told


def test_a_bout_of_one_frame_is_listed_as_one_number(
    video: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table.write_text("start,stop,label\n0.3,0.3,wave\n")
    assert main(["bouts", str(table), str(video)]) == 0
    assert "wave: 1, frames 3\n" in capsys.readouterr().out


def test_bouts_go_to_another_format_and_back(video: Path, table: Path, tmp_path: Path) -> None:
    project, again = tmp_path / "a.boris", tmp_path / "again.csv"
    words = ["--to", str(project), "--format", "boris"]
    assert main(["bouts", str(table), str(video), *words]) == 0
    assert main(["bouts", str(table), str(video), *words]) == 1  # it is there
    assert main(["bouts", str(table), str(video), *words, "--overwrite"]) == 0
    assert main(["bouts", str(project), str(video), "--to", str(again)]) == 0
    assert again.read_text().splitlines()[1:] == ["0.04,0.3,walk,Ann,", "0.3,0.42,wave,,"]


def test_bouts_are_not_written_over_what_is_read(video: Path, table: Path) -> None:
    content = video.read_bytes()
    for target in (video, table):
        assert main(["bouts", str(table), str(video), "--to", str(target), "--overwrite"]) == 1
    assert table.read_text() == TABLE
    assert video.read_bytes() == content


def test_what_is_no_file_of_bouts_is_told(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("missing.csv", "pipe", "a.mkv"):
        assert main(["bouts", str(tmp_path / name), str(video)]) == 1
        assert name in capsys.readouterr().err
    assert main(["bouts", str(video), str(video), "--format", "word"]) == 1
    assert "boris-tabular" in " ".join(capsys.readouterr().err.split())


def test_evidence_a_bout_is_written_beside_the_analysis(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, source = tmp_path / "results", tmp_path / "source.csv"
    clip = write_clip(tmp_path / "square.mp4", moving_square(20))
    assert main(["explain", str(clip), "--out", str(out), "--frames", "4:12"]) == 0
    source.write_text("start,stop,label\n0,0.4,walk\n")
    assert main(["bouts", str(source), str(out)]) == 0
    assert "bouts.csv" in capsys.readouterr().out
    with (out / "bouts.csv").open(newline="") as file:
        [row] = csv.DictReader(file)
    last = int(row["last_frame"])
    assert int(row["explained"]) == min(last + 1, 12) - 4
    assert row["changing_share"]
    assert main(["bouts", str(source), str(out)]) == 0  # its own
    (out / "bouts.csv").write_text("mine")
    assert main(["bouts", str(source), str(out)]) == 1
    assert (out / "bouts.csv").read_text() == "mine"
