from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.export.frames_csv import COLUMNS, write_csv
from engine.export.job import ExportJob
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from tests.engine.export.conftest import FRAMES

LOOK = ClipSettings("recommended", 1.0)


def rows_of(analysis: Analysis, path: Path) -> list[dict[str, str]]:
    write_csv(ExportJob(analysis, path, LOOK, (0, FRAMES)))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_the_evidence_of_each_frame(measured: Analysis, tmp_path: Path) -> None:
    rows = rows_of(measured, tmp_path / "a.csv")
    curves = measured.evidence_curves()
    assert tuple(rows[0]) == COLUMNS
    for frame in (0, FRAMES - 1):
        row = rows[frame]
        numbers = [float(row[f"motion_share{end}"]) for end in ("", "_low", "_high")]
        assert numbers == pytest.approx(
            [curves.share[frame], curves.low[frame], curves.high[frame]]
        )
        assert float(row["order_bits"]) == curves.order_bits[frame]
        assert (row["verdict"], row["windows"], row["model"]) == ("movement", "0", "fake")


def test_csv_leaves_evidence_empty_that_was_not_measured(
    analysis: Analysis, tmp_path: Path
) -> None:
    row = rows_of(analysis, tmp_path / "a.csv")[3]
    assert (row["motion_share"], row["still_bits"], row["verdict"]) == ("", "", "")
    assert row["changing_share"]


def test_csv_of_values_has_them_with_their_unit(analysis: Analysis, tmp_path: Path) -> None:
    spec = replace(analysis.header.spec, activation="none", unit="bpm")
    analysis.header = replace(analysis.header, spec=spec)
    (window,) = analysis.windows
    analysis._windows = (replace(window, activation="none"),)
    row = rows_of(analysis, tmp_path / "a.csv")[3]
    assert (float(row["score"]), row["unit"]) == (2.0, "bpm")


def test_csv_holds_no_formula_and_negative_numbers_stay_numbers(
    analysis: Analysis, tmp_path: Path
) -> None:
    count = len(analysis.header.spec.labels)
    spec = replace(analysis.header.spec, name="+net", labels=tuple(f"={i}\n" for i in range(count)))
    times = -1.5 - np.asarray(analysis.header.timestamps_s)
    analysis.header = replace(analysis.header, spec=spec, timestamps_s=times)
    rows = rows_of(analysis, tmp_path / "a.csv")
    assert [row["label"] for row in rows] == [f"'={row['target']}\\n" for row in rows]
    assert rows[0]["model"] == "'+net"
    assert [float(row["time_s"]) for row in rows] == pytest.approx(times.tolist())
