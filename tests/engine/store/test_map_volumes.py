from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.cancel import never
from engine.errors import EngineError
from engine.store import Analysis, CheckpointKey, Resumable
from tests.engine.store.analyses import filled, header_of, noise, window_of

STEPS = 48
PLAIN = header_of(STEPS, every=2, start=11)
HEADER = replace(PLAIN, request=replace(PLAIN.request, preset="evidence"))
ASKED = CheckpointKey("key", "video.mp4", 5)
MOTION, APPEARANCE = noise(STEPS, 1), noise(STEPS, 2)


def append(analysis: Analysis, first: int, stop: int, *, maps: bool = True) -> None:
    relevance = noise(STEPS)
    for step in range(first, stop, 4):
        part = slice(step, step + 4)
        both = (MOTION[part], APPEARANCE[part]) if maps else None
        analysis.append([window_of(HEADER, step)], relevance[part], None, both)


def complete(folder: Path | None = None) -> Analysis:
    analysis = Analysis.create(HEADER, folder)
    append(analysis, 0, STEPS)
    return analysis


def test_maps_come_back_as_they_were_saved(tmp_path: Path) -> None:
    analysis = complete(tmp_path / "a")
    analysis.save(tmp_path / "saved", preset="evidence", sigma=1.0)
    again = Analysis.open(tmp_path / "saved")
    assert again.has_maps
    motion, appearance = again.read_maps(0, STEPS)
    assert motion.tobytes() == MOTION.tobytes()
    assert appearance.tobytes() == APPEARANCE.tobytes()
    assert again.full_colour("evidence") == analysis.full_colour("evidence") > 0
    assert again.full_colour("evidence") != again.full_colour("recommended")
    maps = again.separation("evidence").frames(0, again.frame_count, 1.0)
    assert np.array_equal(maps.motion[::2], MOTION)
    assert again.separation("recommended").curves(1.0).clip_changing_share > 0


def test_maps_are_read_while_they_grow(tmp_path: Path) -> None:
    analysis = Analysis.create(HEADER, tmp_path)
    separation = analysis.separation("evidence")
    assert separation.frames_ready == 0
    assert analysis.full_colour("evidence") == 0
    append(analysis, 0, 20)
    assert separation.frames_ready == 39
    assert np.array_equal(separation.frame(38, 1.0).motion, MOTION[19])


def test_an_analysis_without_maps_says_so(tmp_path: Path) -> None:
    analysis = filled(tmp_path)
    assert not analysis.has_maps
    assert analysis.shown_preset("evidence") == "recommended"
    with pytest.raises(EngineError, match="has no maps of evidence") as caught:
        analysis.separation("evidence")
    assert "Explain again with the separation evidence" in caught.value.hint
    with pytest.raises(EngineError, match="has no maps"):
        analysis.read_maps(0, 1)


def test_an_analysis_goes_on_without_maps_once_there_are_none(tmp_path: Path) -> None:
    analysis = Analysis.create(HEADER, tmp_path / "a")
    append(analysis, 0, 8)
    reading = analysis.separation("evidence")
    append(analysis, 8, 12, maps=False)
    append(analysis, 12, STEPS)
    assert not analysis.has_maps
    assert np.array_equal(reading.frame(2, 1.0).motion, MOTION[1])  # whoever reads is not hurt
    with pytest.raises(EngineError, match="could not be made"):
        analysis.separation("evidence")
    analysis.save(tmp_path / "saved", preset="recommended", sigma=1.0)
    assert not Analysis.open(tmp_path / "saved").has_maps


@pytest.mark.parametrize("broken_off", [4, 32, 40])
def test_maps_are_as_without_a_break(tmp_path: Path, broken_off: int) -> None:
    kept = Resumable(tmp_path / "a", ASKED)
    analysis, _ = kept.begin(HEADER, "cpu", never)
    append(analysis, 0, broken_off)
    kept.keep(analysis, {}, now=True)
    kept = Resumable(tmp_path / "a", ASKED)
    analysis, state = kept.begin(HEADER, "cpu", never)
    assert state is not None
    assert analysis.maps_written == broken_off
    append(analysis, broken_off, STEPS)
    kept.finish(analysis)
    found, whole = kept.finished(), complete()
    assert found is not None
    for one, other in zip(found.read_maps(0, STEPS), whole.read_maps(0, STEPS), strict=True):
        assert one.tobytes() == other.tobytes()
    assert found.full_colour("evidence") == whole.full_colour("evidence")
    whole.close()


def test_that_there_are_no_maps_is_resumed(tmp_path: Path) -> None:
    kept = Resumable(tmp_path / "a", ASKED)
    analysis, _ = kept.begin(HEADER, "cpu", never)
    append(analysis, 0, 20, maps=False)
    kept.keep(analysis, {}, now=True)
    analysis, state = Resumable(tmp_path / "a", ASKED).begin(HEADER, "cpu", never)
    assert state is not None
    assert not analysis.has_maps


def test_damaged_maps_are_begun_anew(tmp_path: Path) -> None:
    kept = Resumable(tmp_path / "a", ASKED)
    analysis, _ = kept.begin(HEADER, "cpu", never)
    append(analysis, 0, 40)
    kept.keep(analysis, {}, now=True)
    (tmp_path / "a" / "arrays.zarr" / "evidence_motion" / "c" / "0" / "0" / "0").unlink()
    analysis, state = Resumable(tmp_path / "a", ASKED).begin(HEADER, "cpu", never)
    assert state is None
    assert analysis.steps_written == 0
