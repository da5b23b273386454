"""`motion-inspector study`: a data set in, tables out, by processes of this computer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import main
from tests.clips import moving_square, write_clip

parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow of the extra study is missing")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    lines = ["path,label", "a.mp4,walking", "b.mp4,", "gone.mp4,", "a.mp4,dancing"]
    for name in "ab":
        write_clip(tmp_path / f"{name}.mp4", moving_square(8))
    (tmp_path / "set.csv").write_text("\n".join(lines))
    return tmp_path / "set.csv"


def run(source: Path, *more: str) -> int:
    asked = ["study", str(source), "--out", str(source.parent / "out"), "--workers"]
    asked += ["2", "--windows", "1", "--evidence", "quick"]
    return main([*asked, "--method", "none", "--shuffles", "0", "--device", "cpu", *more])


def clips(source: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(source.parent / "out/clips.parquet").to_pylist()
    return rows


def test_study_writes_a_row_a_clip_and_goes_on(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(source) == 3
    said = capsys.readouterr().out
    assert "2 of 4 clips measured" in said
    assert "a.mp4: The label 'dancing' is none of the model's classes." in said
    first = clips(source)
    assert [bool(row["error"]) for row in first] == [False, False, True, True]
    assert [row["label"] for row in first] == ["walking", None, None, "dancing"]
    assert first[0]["correct"] == (first[0]["answer"] == "walking")
    assert (first[0]["answer"], first[0]["share"]) == (first[1]["answer"], first[1]["share"])
    assert {row["changing_share"] for row in first} == {None}
    progress = json.loads((source.parent / "out" / "progress.json").read_text())
    assert (progress["total"], progress["done"], progress["failed"]) == (4, 4, 2)
    write_clip(source.parent / "gone.mp4", moving_square(6))
    assert run(source) == 3
    assert [bool(row["error"]) for row in clips(source)] == [False, False, False, True]
    assert clips(source)[:2] == first[:2]


def test_study_refuses_other_settings_and_files_of_others(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (source.parent / "out").mkdir()
    (source.parent / "out" / "clips.parquet").write_text("mine")
    assert run(source) == 1
    assert "not written by Motion Inspector" in capsys.readouterr().err
    assert run(source, "--overwrite") == 3
    assert run(source, "--overlap", "0") == 1
    assert "other settings (overlap: 0.5 and 0.0)" in capsys.readouterr().err
    assert run(source, "--overlap", "0", "--overwrite") == 3


def test_study_keeps_maps_of_telling_clips(source: Path) -> None:
    out = source.parent / "out"
    assert run(source, "--maps", "telling", "--telling", "1") == 3
    assert len(list(out.glob("maps/*/*.zarr"))) == 1
    before = clips(source)
    assert run(source, "--maps", "all") == 3
    assert len(list(out.glob("maps/*/*.zarr"))) == 2
    assert clips(source) == before
