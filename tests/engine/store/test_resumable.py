from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.cancel import Cancelled, CancelToken, never
from engine.errors import EngineError
from engine.store import DOCUMENT, Analysis, CheckpointKey, Resumable
from engine.store import resumable as resuming
from engine.store.arrays import GrowingArray
from engine.store.window_evidence import evidence_to_dict
from tests.engine.store.analyses import CROP, evidence_of, header_of, noise, window_of

HEADER = header_of(90, every=2, start=11)
ASKED = CheckpointKey("key", "video.mp4", 5)
RELEVANCE = noise(90)


def state_of(done: int) -> dict[str, np.ndarray]:
    return {"sum": np.full((8, *CROP), done, np.float32), "batch": np.array(3)}


def append(analysis: Analysis, first: int, stop: int) -> None:
    """Windows that each complete four steps, from a step to another."""
    for step in range(first, stop, 4):
        relevance = RELEVANCE[step : min(step + 4, len(RELEVANCE))]
        evidence = None if step % 12 == 0 else evidence_of(0.1 * step, 1 / 3, 0.7, seed=step)
        analysis.append([window_of(HEADER, step)], relevance, [evidence])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An analysis of 40 steps of 90, broken off."""
    kept = Resumable(tmp_path / "a", ASKED)
    analysis, state = kept.begin(HEADER, "cpu", never)
    assert state is None
    append(analysis, 0, 20)
    kept.keep(analysis, state_of(5), now=True)
    append(analysis, 20, 40)
    kept.keep(analysis, state_of(10), now=True)
    return tmp_path / "a"


@pytest.fixture
def finished(folder: Path) -> Path:
    kept = Resumable(folder, ASKED)
    analysis, _ = kept.begin(HEADER, "cpu", never)
    append(analysis, 40, 90)
    kept.finish(analysis)
    return folder


def test_what_was_broken_off_is_taken_up(folder: Path) -> None:
    analysis, state = Resumable(folder, ASKED).begin(HEADER, "cpu", never)
    assert state is not None
    assert (state["sum"] == 10).all()
    assert state["batch"] == 3
    assert (analysis.steps_written, len(analysis.windows)) == (40, 10)
    assert np.array_equal(analysis.read_steps(0, 40), RELEVANCE[:40])
    assert analysis.windows[3].logits.tolist() == window_of(HEADER, 12).logits.tolist()
    assert analysis.windows[3].conservation == window_of(HEADER, 12).conservation


def test_what_was_finished_is_as_without_a_break(finished: Path) -> None:
    found = Resumable(finished, ASKED).finished()
    assert found is not None
    whole = Analysis.create(HEADER, finished.parent / "whole")
    append(whole, 0, 90)
    assert found.read_steps(0, 90).tobytes() == whole.read_steps(0, 90).tobytes()
    assert found.scale == whole.scale
    assert np.array_equal(found.probabilities(), whole.probabilities())
    assert sorted(path.name for path in finished.iterdir()) == [DOCUMENT, "arrays.zarr"]


def test_evidence_is_as_without_a_break(folder: Path) -> None:
    kept = Resumable(folder, ASKED)
    analysis, _ = kept.begin(HEADER, "cpu", never)
    append(analysis, 40, 90)
    kept.finish(analysis)
    whole = Analysis.create(HEADER, folder.parent / "whole")
    append(whole, 0, 90)
    again = kept.finished()
    assert again is not None
    for found in (analysis, again):
        assert [evidence is None for evidence in found.evidence] == [
            step % 12 == 0 for step in range(0, 90, 4)
        ]
        for one, expected in zip(found.evidence, whole.evidence, strict=True):
            if one is not None and expected is not None:
                assert one.log2_steps.tobytes() == expected.log2_steps.tobytes()
                assert evidence_to_dict(one, HEADER.spec) == evidence_to_dict(expected, HEADER.spec)


def test_windows_behind_what_was_kept_are_cut_off(folder: Path) -> None:
    journal = folder / resuming.JOURNAL
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole.splitlines(keepends=True)[-1] + b'0123 {"win')
    analysis, _ = Resumable(folder, ASKED).begin(HEADER, "cpu", never)
    assert len(analysis.windows) == 10
    assert journal.read_bytes() == whole


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def swap_a_bit(path: Path) -> None:
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [cut, swap_a_bit, empty, Path.unlink])
@pytest.mark.parametrize(
    "name",
    [
        resuming.JOURNAL,
        resuming.UNFINISHED,
        "arrays.zarr/sampled_relevance/c/0/0/0",
        "arrays.zarr/sampled_relevance/zarr.json",
    ],
)
def test_what_is_damaged_is_begun_anew(folder: Path, name: str, spoil: object) -> None:
    spoil(folder / name)
    analysis, state = Resumable(folder, ASKED).begin(HEADER, "cpu", never)
    assert state is None
    assert (analysis.steps_written, analysis.windows) == (0, ())


@pytest.mark.parametrize("spoil", [cut, empty, Path.unlink])
@pytest.mark.parametrize(
    "name", [DOCUMENT, "arrays.zarr/logits/zarr.json", "arrays.zarr/sampled_relevance/c/1/0/0"]
)
def test_a_finished_analysis_that_is_not_whole_is_not_used(
    finished: Path, name: str, spoil: object
) -> None:
    spoil(finished / name)
    assert Resumable(finished, ASKED).finished() is None


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        (CheckpointKey("key", "video.mp4", 5), True),
        (CheckpointKey("key", "moved.mp4", 9), True),
        (CheckpointKey("key", "video.mp4", 9), False),
        (CheckpointKey("other", "video.mp4", 5), False),
    ],
    ids=["same", "moved", "changed in place", "other request"],
)
def test_only_what_was_asked_for_is_used(folder: Path, asked: CheckpointKey, used: bool) -> None:
    analysis, state = Resumable(folder, asked).begin(HEADER, "cpu", never)
    assert (state is not None) is used
    append(analysis, analysis.steps_written, 90)
    Resumable(folder, asked).finish(analysis)
    assert Resumable(folder, asked).finished() is not None


def test_another_model_or_device_begins_anew(folder: Path) -> None:
    assert Resumable(folder, ASKED).begin(HEADER, "cuda:0", never)[1] is None
    assert Resumable(folder, ASKED).begin(header_of(90), "cuda:0", never)[1] is None


def test_another_format_begins_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resuming, "_FORMAT", 99)
    assert Resumable(folder, ASKED).begin(HEADER, "cpu", never)[1] is None


def test_keeping_waits_unless_it_is_told_now(tmp_path: Path) -> None:
    kept = Resumable(tmp_path, ASKED)
    analysis, _ = kept.begin(HEADER, "cpu", never)
    append(analysis, 0, 4)
    kept.keep(analysis, state_of(1), now=True)
    append(analysis, 4, 8)
    kept.keep(analysis, state_of(2))
    assert len(Resumable(tmp_path, ASKED).begin(HEADER, "cpu", never)[0].windows) == 1


def test_taking_up_can_be_cancelled(folder: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        Resumable(folder, ASKED).begin(HEADER, "cpu", token.check)
    assert Resumable(folder, ASKED).begin(HEADER, "cpu", never)[1] is not None


def test_a_full_disk_is_told_and_leaves_what_was_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Resumable(folder, ASKED)
    analysis, _ = kept.begin(HEADER, "cpu", never)
    append(analysis, 40, 48)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("numpy.savez", full)
        with pytest.raises(EngineError, match="No space left"):
            kept.keep(analysis, state_of(12), now=True)
    again, state = Resumable(folder, ASKED).begin(HEADER, "cpu", never)
    assert state is not None
    assert again.steps_written == 40


def test_an_opened_analysis_has_no_progress(finished: Path) -> None:
    with pytest.raises(TypeError, match="cannot grow"):
        _ = Analysis.open(finished).progress


def test_an_array_of_another_shape_is_not_gone_on_with(folder: Path) -> None:
    analysis, _ = Resumable(folder, ASKED).begin(HEADER, "cpu", never)
    group = folder / "arrays.zarr"
    growth = analysis.progress.growth
    with pytest.raises(ValueError, match="not described as it was written"):
        GrowingArray.resumed(group, "sampled_relevance", (91, *CROP), growth, never)


def test_logits_of_time_steps_are_as_without_a_break(tmp_path: Path) -> None:
    steps = np.random.default_rng(0).standard_normal((22, 4, 3)).astype(np.float32)

    def windows(analysis: Analysis, first: int, stop: int) -> None:
        for step in range(first, stop, 4):
            window = replace(window_of(HEADER, step), step_logits=steps[step // 4].copy())
            analysis.append([window], RELEVANCE[step : step + 4])

    kept = Resumable(tmp_path / "a", ASKED)
    analysis, _ = kept.begin(HEADER, "cpu", never)
    windows(analysis, 0, 40)
    kept.keep(analysis, state_of(10), now=True)
    again = Resumable(tmp_path / "a", ASKED)
    analysis, _ = again.begin(HEADER, "cpu", never)
    assert np.array_equal(analysis.step_logits(), steps[:10])
    windows(analysis, 40, 88)
    again.finish(analysis)
    whole = Analysis.open(tmp_path / "a")
    assert np.array_equal(whole.step_logits(), steps)
    assert whole.windows[3].step_logits is not None
