from __future__ import annotations

import math
from pathlib import Path

import pytest

from engine.pipeline.runtime_history import predict_seconds, record
from engine.utils.paths import CACHE_VARIABLE, cache_folder

PASSES = {"lrp": 6, "smoothgrad": 30, "occlusion": 261, "rise": 1005, "gradient": 6}


def test_expected_is_what_was_remembered_times_windows() -> None:
    record("figures", "lrp", "auto", 0.5)
    assert predict_seconds("figures", "lrp", "auto", 18, PASSES) == 9.0


def test_newest_time_wins() -> None:
    record("figures", "lrp", "auto", 0.5)
    record("figures", "lrp", "auto", 0.25)
    assert predict_seconds("figures", "lrp", "auto", 4, PASSES) == 1.0


def test_unknown_method_is_scaled_from_the_nearest() -> None:
    record("figures", "lrp", "auto", 0.5)
    record("figures", "occlusion", "auto", 26.1)
    assert predict_seconds("figures", "rise", "auto", 1, PASSES) == pytest.approx(100.5)
    assert predict_seconds("figures", "gradient", "auto", 1, PASSES) == 0.5


def test_method_of_many_passes_is_not_scaled_from_one_of_few() -> None:
    record("figures", "lrp", "auto", 0.5)
    assert predict_seconds("figures", "occlusion", "auto", 1, PASSES) is None
    assert predict_seconds("figures", "smoothgrad", "auto", 1, PASSES) is None


def test_other_model_and_device_tell_nothing() -> None:
    record("figures", "lrp", "auto", 0.5)
    assert predict_seconds("r3d_18", "lrp", "auto", 1, PASSES) is None
    assert predict_seconds("figures", "lrp", "cuda", 1, PASSES) is None
    assert predict_seconds("figures", "gone", "auto", 1, PASSES) is None


@pytest.mark.parametrize("text", ["{broken", "[1, 2]", '{"figures|lrp|auto": "fast"}', "\x00"])
def test_broken_file_tells_nothing_and_is_written_anew(text: str) -> None:
    cache_folder().mkdir(parents=True, exist_ok=True)
    (cache_folder() / "speed.json").write_text(text)
    assert predict_seconds("figures", "lrp", "auto", 1, PASSES) is None
    record("figures", "lrp", "auto", 2.0)
    assert predict_seconds("figures", "lrp", "auto", 1, PASSES) == 2.0


@pytest.mark.parametrize("kept", ["-1", "0", "NaN", "Infinity"])
def test_impossible_times_in_the_file_are_not_believed(kept: str) -> None:
    cache_folder().mkdir(parents=True, exist_ok=True)
    (cache_folder() / "speed.json").write_text(f'{{"figures|lrp|auto": {kept}}}')
    assert predict_seconds("figures", "lrp", "auto", 1, PASSES) is None


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, math.inf])
def test_remember_refuses_what_is_no_time(seconds: float) -> None:
    with pytest.raises(ValueError, match="is not a time"):
        record("figures", "lrp", "auto", seconds)


def test_folder_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file"))
    record("figures", "lrp", "auto", 0.5)
    assert predict_seconds("figures", "lrp", "auto", 1, PASSES) is None


def test_nothing_partial_is_left() -> None:
    record("figures", "lrp", "auto", 0.5)
    assert [path.name for path in cache_folder().iterdir()] == ["speed.json"]
