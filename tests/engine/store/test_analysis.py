from __future__ import annotations

import json
import math
import shutil
import threading
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import zarr

import engine.types
from engine.cancel import Cancelled, CancelToken
from engine.errors import EngineError
from engine.store import DOCUMENT, Analysis, arrays
from engine.store.zarr_files import Layout
from tests.engine.selective.plain import local_masks
from tests.engine.store.analyses import (
    CROP,
    LENGTH,
    evidence_of,
    filled,
    header_of,
    noise,
    window_of,
)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    analysis = filled(tmp_path / "work", steps=70, every=2, start=11)
    analysis.save(tmp_path / "saved", preset="recommended", sigma=0.75)
    shutil.rmtree(tmp_path / "work")
    return tmp_path / "saved"


def test_an_analysis_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    analysis = filled(tmp_path / "work", steps=70, every=2, start=11)
    analysis.save(tmp_path / "saved", preset="paper-2020", sigma=2.25)
    again = Analysis.open(tmp_path / "saved")
    header, expected = again.header, analysis.header
    assert header.spec == expected.spec
    assert (header.start, header.stop) == (11, 150)
    assert (header.size, header.fps, header.seen) == (expected.size, expected.fps, expected.seen)
    assert asdict(header.request) == asdict(expected.request) | {
        "preset": "paper-2020",
        "sigma": 2.25,
    }
    assert np.array_equal(header.timestamps_s, expected.timestamps_s)
    assert np.array_equal(again.step_frames, analysis.step_frames)
    assert again.scale == analysis.scale
    assert again.conservation == analysis.conservation
    assert again.complete
    assert np.array_equal(again.read_steps(0, 70), noise(70))
    assert np.array_equal(again.probabilities(), analysis.probabilities())
    assert np.array_equal(again.targets(), analysis.targets())


def test_windows_come_back_as_they_were_saved(tmp_path: Path) -> None:
    analysis = filled(tmp_path / "work", steps=5)
    analysis.save(tmp_path / "saved", preset="recommended", sigma=1)
    again = Analysis.open(tmp_path / "saved")
    assert len(again.windows) == len(analysis.windows) == 1
    window, expected = again.windows[0], analysis.windows[0]
    assert window.padded == expected.padded == 3
    assert window.frame_indices.tolist() == [0, 1, 2, 3, 4, 4, 4, 4]
    assert window.logits.tolist() == expected.logits.tolist()
    assert (window.target, window.conservation) == (expected.target, expected.conservation)


def test_evidence_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    header = header_of(16)
    analysis = Analysis.create(header, tmp_path / "work")
    measured = [evidence_of(0, 0, 0, "cannot tell"), None, evidence_of(0.1, 0.2, 0.7, "movement")]
    for first, count, one in zip((0, 4, 8), (4, 4, 8), measured, strict=True):
        analysis.append([window_of(header, first)], noise(16)[first : first + count], [one])
    analysis.save(tmp_path / "saved", preset="recommended", sigma=1)
    again = Analysis.open(tmp_path / "saved")
    assert [one and one.verdict for one in again.evidence] == ["cannot tell", None, "movement"]
    first, _, last = again.evidence
    assert first is not None
    assert last is not None
    assert math.isnan(first.share)
    assert (last.share, last.interval) == (measured[2].share, measured[2].interval)
    assert last.log2_steps.tobytes() == measured[2].log2_steps.tobytes()
    assert again.clip_evidence() == analysis.clip_evidence()
    curves, expected = again.evidence_curves(), analysis.evidence_curves()
    np.testing.assert_array_equal(curves.share, expected.share)
    assert curves.verdicts == expected.verdicts
    document = json.loads((tmp_path / "saved" / DOCUMENT).read_text(encoding="utf-8"))
    whole = document["results"]["evidence"]
    assert (whole["verdict"], whole["model"], whole["windows"]) == ("movement", "tiny", 2)
    assert [window.get("evidence") is None for window in document["windows"]] == [0, 1, 0]


def test_an_analysis_without_evidence_opens_without(saved: Path) -> None:
    analysis = Analysis.open(saved)
    assert set(analysis.evidence) == {None}
    assert analysis.clip_evidence() is None
    assert np.isnan(analysis.evidence_curves().share).all()
    document = json.loads((saved / DOCUMENT).read_text(encoding="utf-8"))
    assert "evidence" not in document["results"]


def test_evidence_can_be_read_while_it_grows(tmp_path: Path) -> None:
    header = header_of(16)
    analysis = Analysis.create(header, tmp_path / "work")
    analysis.append([window_of(header, 0)], noise(16)[:4], [evidence_of(1, 0, 3)])
    curves = analysis.evidence_curves()
    assert curves.share.tolist() == [0.75] * 4
    analysis.append([window_of(header, 4)], noise(16)[4:8], [evidence_of(1, 0, 0)])
    np.testing.assert_allclose(analysis.evidence_curves().share, [0.75] * 4 + [0.6] * 4)
    assert len(analysis.evidence) == 2


def test_saved_arrays_hold_the_parts_of_every_frame(saved: Path) -> None:
    group = zarr.open_group(str(saved / "arrays.zarr"), mode="r")
    relevance, motion, static = (group[name][:] for name in ("relevance", "motion", "static"))
    assert relevance.shape == motion.shape == static.shape == (139, *CROP)
    assert np.array_equal(motion + static, relevance)
    mask, _ = local_masks(noise(70), "recommended", 0.75, LENGTH)
    assert np.array_equal(relevance[::2], noise(70))
    assert np.array_equal(motion[::2], noise(70) * mask)
    assert relevance[5] == pytest.approx((relevance[4] + relevance[6]) / 2, abs=1e-6)
    assert np.array_equal(group["sampled_relevance"][:], noise(70))


def test_the_document_tells_what_was_done_and_found(saved: Path) -> None:
    document = json.loads((saved / DOCUMENT).read_text())
    assert document["request"]["video"] == str(Path("clips/square.mp4"))
    assert (document["request"]["preset"], document["request"]["sigma"]) == ("recommended", 0.75)
    assert document["range"] == [11, 150]
    assert document["sampled_frames"][:3] == [11, 13, 15]
    assert document["windows"][1]["frames"][0] == 11 + 8
    mask, thresholds = local_masks(noise(70), "recommended", 0.75, LENGTH)
    share = np.abs(noise(70) * mask).sum() / np.abs(noise(70)).sum()
    assert document["results"]["changing_share"] == pytest.approx(share)
    assert document["results"]["threshold"] == pytest.approx(np.median(thresholds), rel=0.01)
    assert document["versions"]["numpy"] == np.__version__


def test_ranges_are_read_without_the_rest(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched: list[object] = []
    read = arrays.read_chunk

    def spying(folder: Path, layout: Layout, place: tuple[int, ...], facts: object) -> object:
        touched.append(place[0])
        return read(folder, layout, place, facts)

    analysis = Analysis.open(saved)
    monkeypatch.setattr(arrays, "read_chunk", spying)
    assert np.array_equal(analysis.read_steps(40, 44), noise(70)[40:44])
    assert touched == [1]


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (3, 40), (31, 33), (60, 70), (8, 8)])
def test_ranges_of_a_growing_analysis_cross_memory_and_disk(
    tmp_path: Path, start: int, stop: int
) -> None:
    analysis = filled(tmp_path, steps=70)
    assert np.array_equal(analysis.read_steps(start, stop), noise(70)[start:stop])


def test_what_was_read_is_the_readers_own(tmp_path: Path) -> None:
    analysis = filled(tmp_path, steps=12)
    analysis.read_steps(0, 12)[:] = 7
    assert np.array_equal(analysis.read_steps(0, 12), noise(12))


def test_an_analysis_can_be_read_while_it_grows(tmp_path: Path) -> None:
    header = header_of(20, every=3)
    analysis = Analysis.create(header, tmp_path)
    assert (analysis.steps_written, analysis.frames_written, analysis.complete) == (0, 0, False)
    assert analysis.probabilities().shape == (0, 3)
    assert analysis.targets().shape == analysis.target_scores().shape == (0,)
    assert np.isnan(analysis.conservation)
    analysis.append([window_of(header, 0)], noise(20)[:4])
    assert (analysis.steps_written, analysis.frames_written) == (4, 10)
    assert analysis.probabilities().shape == (10, 3)
    assert analysis.separation("recommended").frames_ready == 7
    analysis.append([window_of(header, 4), window_of(header, 12)], noise(20)[4:])
    assert (analysis.frames_written, analysis.complete) == (58, True)
    assert analysis.probabilities().sum(axis=1) == pytest.approx(np.ones(58))


def test_scores_are_consistent_while_another_thread_appends(tmp_path: Path) -> None:
    header = header_of(200, every=2)
    analysis = Analysis.create(header, tmp_path)
    failures: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            before = analysis.frames_written
            scores, targets = analysis.target_scores(), analysis.targets()
            if not before <= len(scores) <= len(targets) or not np.isfinite(scores).all():
                failures.append(f"{before} {len(scores)} {len(targets)}")

    reader = threading.Thread(target=read)
    reader.start()
    for first in range(200):
        analysis.append([window_of(header, first)], noise(200)[first : first + 1])
    done.set()
    reader.join()
    assert not failures


def test_the_class_explained_is_that_of_the_window_that_weighs_most(tmp_path: Path) -> None:
    analysis = filled(tmp_path, steps=20)
    first, second, *_ = analysis.windows
    targets = analysis.targets()
    assert targets[:6].tolist() == [first.target] * 6  # from 6 on, the second is nearer its middle
    assert targets[6:10].tolist() == [second.target] * 4
    assert np.array_equal(
        analysis.target_scores(), analysis.probabilities()[np.arange(20), targets]
    )


def test_the_scale_is_one_for_the_clip_whatever_a_single_window_holds(tmp_path: Path) -> None:
    header = header_of(20)
    analysis = Analysis.create(header, tmp_path)
    assert analysis.scale == 0
    usual = float(np.quantile(np.abs(noise(4)), 0.995))
    for first, factor in ((0, 1), (4, 100), (8, 1), (12, 0.01), (16, 1)):
        analysis.append([window_of(header, first)], factor * noise(4))
    assert analysis.scale == pytest.approx(usual, rel=1e-5)


def test_sampled_frames_are_told_from_interpolated_ones(saved: Path) -> None:
    sampled = Analysis.open(saved).sampled
    assert sampled[::2].all()
    assert not sampled[1::2].any()


def test_close_removes_a_temporary_folder_only(tmp_path: Path) -> None:
    temporary, kept = filled(None), filled(tmp_path / "kept")
    assert (temporary.folder / "arrays.zarr").is_dir()
    temporary.close()
    kept.close()
    assert not temporary.folder.exists()
    assert kept.folder.exists()
    temporary.close()


def test_an_analysis_that_was_opened_cannot_grow(saved: Path) -> None:
    analysis = Analysis.open(saved)
    with pytest.raises(TypeError, match="cannot grow"):
        analysis.append([window_of(analysis.header, 0)], noise(1))


def test_an_analysis_is_not_saved_over_itself(saved: Path) -> None:
    analysis = Analysis.open(saved)
    with pytest.raises(EngineError, match="overwritten"):
        analysis.save(saved / ".." / saved.name, preset="recommended", sigma=1)
    assert np.array_equal(analysis.read_steps(0, 70), noise(70))


def test_saving_can_be_cancelled(tmp_path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        filled(tmp_path / "a").save(
            tmp_path / "b", preset="recommended", sigma=1, check=token.check
        )
    assert not (tmp_path / "b" / DOCUMENT).exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(EngineError, match="file"):
        Analysis.create(header_of(LENGTH), blocked / "folder")
    with pytest.raises(EngineError, match="file") as caught:
        filled(tmp_path / "a").save(blocked / "folder", preset="recommended", sigma=1)
    assert caught.value.hint


def _without(folder: Path, key: str) -> None:
    path = folder / DOCUMENT
    document = json.loads(path.read_text())
    del document[key]
    path.write_text(json.dumps(document))


def _with(folder: Path, key: str, value: object) -> None:
    path = folder / DOCUMENT
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))


@pytest.mark.parametrize(
    "damage",
    [
        shutil.rmtree,
        lambda folder: (folder / DOCUMENT).unlink(),
        lambda folder: (folder / DOCUMENT).write_text(""),
        lambda folder: (folder / DOCUMENT).write_text((folder / DOCUMENT).read_text()[:500]),
        lambda folder: (folder / DOCUMENT).write_bytes(b"\xff\xfe\x00"),
        lambda folder: (folder / DOCUMENT).write_text("[1, 2]"),
        lambda folder: _with(folder, "format", 999),
        lambda folder: _without(folder, "request"),
        lambda folder: _without(folder, "windows"),
        lambda folder: _without(folder, "scale"),
        lambda folder: _with(folder, "range", [1]),
        lambda folder: _with(folder, "windows", [{}]),
        lambda folder: _with(folder, "model", None),
        lambda folder: _with(folder, "seen", {"left": 0}),
        lambda folder: shutil.rmtree(folder / "arrays.zarr"),
        lambda folder: shutil.rmtree(folder / "arrays.zarr" / "logits"),
        lambda folder: shutil.rmtree(folder / "arrays.zarr" / "sampled_relevance"),
        lambda folder: (folder / "arrays.zarr" / "sampled_relevance" / "zarr.json").write_text("{"),
    ],
    ids=[
        "no folder",
        "no document",
        "empty document",
        "cut document",
        "not text",
        "a list",
        "other format",
        "no request",
        "no windows",
        "no scale",
        "half a range",
        "an empty window",
        "no model",
        "half a rectangle",
        "no arrays",
        "no logits",
        "no relevance",
        "broken array",
    ],
)
def test_a_broken_folder_is_refused(saved: Path, damage: object) -> None:
    damage(saved)
    with pytest.raises(EngineError) as caught:
        Analysis.open(saved)
    assert str(saved) in str(caught.value)
    assert caught.value.hint


def test_arrays_that_do_not_fit_the_settings_are_refused(saved: Path) -> None:
    group = zarr.open_group(str(saved / "arrays.zarr"), mode="a")
    group.create_array("sampled_relevance", data=noise(69), overwrite=True)
    with pytest.raises(EngineError, match="complete"):
        Analysis.open(saved)


def test_types_know_nothing_of_the_store() -> None:
    source = Path(engine.types.__file__).read_text(encoding="utf-8")
    assert "engine.store" not in source


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("request", []),
        ("request.video", 3),
        ("request.overlap", True),
        ("request.sigma", -1),
        ("request.frames", [1]),
        ("request.options", [["a", None]]),
        ("model.labels", "walking"),
        ("model.fps", 15),
        ("model.mean", [0, 0]),
        ("video", 3),
        ("video.size", [1.5, 2]),
        ("range", "all"),
        ("timestamps_s", [[0.0]]),
        ("sampled_frames", ["a"]),
        ("seen", None),
        ("windows", {}),
        ("windows", [{"start_step": 0}]),
        ("scale", "large"),
        ("scale", float("nan")),
    ],
    ids=str,
)
def test_a_hostile_value_makes_it_no_analysis(saved: Path, place: str, value: object) -> None:
    document = json.loads((saved / DOCUMENT).read_text())
    *parts, key = place.split(".")
    inside = document
    for part in parts:
        inside = inside[part]
    inside[key] = value
    (saved / DOCUMENT).write_text(json.dumps(document))
    with pytest.raises(EngineError) as caught:
        Analysis.open(saved)
    assert caught.value.hint


def test_a_deeply_nested_document_is_no_analysis(saved: Path) -> None:
    (saved / DOCUMENT).write_text("[" * 100_000)
    with pytest.raises(EngineError, match="cannot be read as an analysis"):
        Analysis.open(saved)


def test_positions_come_back_and_are_told_as_part_of_the_sum(tmp_path: Path) -> None:
    header = header_of(16)
    analysis = Analysis.create(header, tmp_path / "work")
    for first, share in ((0, 0.25), (8, 0.35)):
        analysis.append([replace(window_of(header, first), positions=share)], noise(16)[:8])
    analysis.save(tmp_path / "saved", preset="recommended", sigma=1)
    again = Analysis.open(tmp_path / "saved")
    assert [window.positions for window in again.windows] == [0.25, 0.35]
    (notice,) = again.notices
    assert "sums to 104.00% of the score, of which positions 30.00%" in notice
