"""Maps of clips as Zarr has them: whole, in half precision, each window with its scale."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr

from engine.attribution import Attribution
from engine.errors import EngineError
from engine.study import maps
from engine.study.maps import MapKeeper


def attribution(values: np.ndarray) -> Attribution:
    relevance = values.astype(np.float32)
    return Attribution(relevance, 0, np.zeros(2, np.float32), 1.0, None, len(values), ())


def test_maps_are_read_by_zarr(tmp_path: Path) -> None:
    windows = np.random.default_rng(0).normal(size=(3, 4, 5, 6)) * 1e-9
    windows[2] = 0
    target = tmp_path / "maps" / "ab" / "key.zarr"
    with MapKeeper(target, tmp_path / "room") as keeper:
        for window in windows:
            keeper.keep(attribution(window))
        assert not target.exists()
        keeper.publish()
    group = zarr.open_group(target, mode="r")
    relevance, scale = group["relevance"], group["scale"]
    assert isinstance(relevance, zarr.Array)
    assert isinstance(scale, zarr.Array)
    assert (relevance.shape, str(relevance.dtype)) == ((3, 4, 5, 6), "float16")
    read = np.asarray(relevance[:], np.float64) * np.asarray(scale[:])[:, None, None, None]
    np.testing.assert_allclose(read, windows, atol=2e-3 * abs(windows).max())
    assert not (tmp_path / "room").exists()


def test_maps_that_cannot_be_written_are_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(maps, "write_chunk", full)
    target = tmp_path / "maps" / "key.zarr"
    with (
        MapKeeper(target, tmp_path / "room") as keeper,
        pytest.raises(EngineError, match=r"cannot be written \(No space left on device\)"),
    ):
        keeper.keep(attribution(np.ones((2, 3, 3))))
    assert not target.exists()
