from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.cancel import Cancelled, CancelToken
from engine.errors import ExportError
from engine.export.job import ExportJob
from engine.export.npz import write_npz
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import Progress
from tests.engine.export.conftest import FRAMES

LOOK = ClipSettings("recommended", 1.0)


def test_npz_holds_the_maps_and_numbers_of_the_range(analysis: Analysis, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_npz(ExportJob(analysis, path, ClipSettings("recommended", 1.5), (3, 17)))
    separation = analysis.separation("recommended")
    with np.load(path, allow_pickle=False) as arrays:
        expected = separation.frames(3, 17, 1.5)
        for name in ("relevance", "motion", "static"):
            assert arrays[name].dtype == np.float32
            np.testing.assert_array_equal(arrays[name], getattr(expected, name))
        np.testing.assert_array_equal(arrays["motion"] + arrays["static"], arrays["relevance"])
        np.testing.assert_array_equal(arrays["frame"], np.arange(3, 17))
        np.testing.assert_array_equal(arrays["time_s"], analysis.header.timestamps_s[3:17])
        share = separation.curves(1.5).changing_share[3:17]
        np.testing.assert_array_equal(arrays["changing_share"], share)
        np.testing.assert_array_equal(arrays["logits"], analysis.logits())
        assert json.loads(str(arrays["settings"]))["request"]["sigma"] == 1.5


def test_npz_holds_the_evidence_of_the_range(measured: Analysis, tmp_path: Path) -> None:
    write_npz(ExportJob(measured, tmp_path / "a.npz", LOOK, (3, 17)))
    curves = measured.evidence_curves()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["motion_share"], curves.share[3:17])
        np.testing.assert_array_equal(arrays["motion_share_high"], curves.high[3:17])
        np.testing.assert_array_equal(arrays["order_bits"], np.full(14, 8.0))
        assert arrays["verdict"].tolist() == ["movement"] * 14
        settings = json.loads(str(arrays["settings"]))
    assert settings["results"]["evidence"]["model"] == "fake"
    assert settings["windows"][0]["evidence"]["prior"] == "4 stills of 2 videos"


def test_npz_reports_to_the_end(analysis: Analysis, tmp_path: Path) -> None:
    seen: list[Progress] = []
    path = tmp_path / "a.npz"
    write_npz(ExportJob(analysis, path, LOOK, (0, FRAMES), report=seen.append))
    assert seen[-1].done == seen[-1].total == 3 * FRAMES


def test_cancelled_npz_leaves_the_earlier_one(analysis: Analysis, tmp_path: Path) -> None:
    path, token = tmp_path / "a.npz", CancelToken()
    path.write_bytes(b"earlier")
    with pytest.raises(Cancelled):
        write_npz(
            ExportJob(
                analysis,
                path,
                LOOK,
                (0, FRAMES),
                report=lambda progress: token.cancel(),
                check=token.check,
            )
        )
    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_npz_that_cannot_be_written_is_told(analysis: Analysis, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"a\.npz cannot be written") as caught:
        write_npz(ExportJob(analysis, tmp_path / "no" / "a.npz", LOOK, (0, 5)))
    assert caught.value.hint
