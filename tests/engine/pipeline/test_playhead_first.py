"""Explaining from the playhead on first: the result is that of front to back."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.cancel import Cancelled, CancelToken
from engine.pipeline import explain
from engine.pipeline.playhead_first import behind
from engine.store import Analysis, ExplainProgress
from engine.types import Progress, Request
from tests.clips import moving_square, write_clip
from tests.engine.networks import warmed_up

FRAMES = 48


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> Request:
    folder = tmp_path_factory.mktemp("playhead")
    torch.save(warmed_up("figures").state_dict(), folder / "random.pth")
    clip = write_clip(folder / "square.mp4", moving_square(FRAMES))
    weights = folder / "random.pth"
    return Request(clip, weights=weights, method="gradient", device="cpu", evidence="off")


@pytest.fixture(scope="module")
def front_to_back(request_: Request) -> Analysis:
    return explain(request_)


def assert_same(found: Analysis, expected: Analysis) -> None:
    assert found.complete
    assert found.scale == expected.scale
    steps = len(expected.step_frames)
    np.testing.assert_array_equal(found.read_steps(0, steps), expected.read_steps(0, steps))
    assert found.has_maps == expected.has_maps
    if expected.has_maps:
        both = zip(found.read_maps(0, steps), expected.read_maps(0, steps), strict=True)
        for one, other in both:
            np.testing.assert_array_equal(one, other)
    assert found.settings()["windows"] == expected.settings()["windows"]
    np.testing.assert_array_equal(found.logits(), expected.logits())


@pytest.mark.parametrize("playhead", [0, 12, 47])
def test_result_is_that_of_front_to_back(
    request_: Request, front_to_back: Analysis, playhead: int
) -> None:
    shown: list[ExplainProgress] = []

    def note(progress: Progress) -> None:
        if isinstance(progress, ExplainProgress):
            shown.append(progress)

    analysis = explain(request_, note, playhead=playhead)
    assert_same(analysis, front_to_back)
    first = shown[0].analysis.header
    assert first.start <= playhead < first.start + 16
    assert (shown[-1].done, shown[-1].total) == (len(analysis.windows),) * 2
    assert [one.done for one in shown] == sorted(one.done for one in shown)
    analysis.close()


def test_evidence_and_its_maps_are_those_of_front_to_back(request_: Request) -> None:
    wish = replace(request_, preset="evidence", evidence="quick", frames=(0, 24))
    analysis, expected = explain(wish, playhead=20), explain(wish)
    assert_same(analysis, expected)
    assert analysis.has_maps
    analysis.close()
    expected.close()


@pytest.mark.parametrize("overlap", [0.0, 0.7])
def test_result_is_that_of_front_to_back_at_any_overlap(request_: Request, overlap: float) -> None:
    wish = replace(request_, overlap=overlap, frames=(3, 32))
    analysis, expected = explain(wish, playhead=30), explain(wish)
    assert_same(analysis, expected)
    analysis.close()
    expected.close()


def stopping_after(windows: int) -> tuple[Callable[[Progress], None], Callable[[], None]]:
    token, seen = CancelToken(), []

    def note(progress: Progress) -> None:
        if isinstance(progress, ExplainProgress) and progress.done > 0:
            seen.append(progress)
            if len(seen) == windows:
                token.cancel()

    return note, token.check


@pytest.mark.parametrize(("windows", "again"), [(1, 10), (3, None)])
def test_what_was_broken_off_goes_on_and_ends_the_same(
    request_: Request, front_to_back: Analysis, tmp_path: Path, windows: int, again: int | None
) -> None:
    note, check = stopping_after(windows)
    with pytest.raises(Cancelled):
        explain(request_, note, check, folder=tmp_path / "kept", resume=True, playhead=20)
    told: list[Progress] = []
    analysis = explain(request_, told.append, folder=tmp_path / "kept", resume=True, playhead=again)
    assert_same(analysis, front_to_back)
    if again is not None:  # what was explained is not explained again
        first = next(one for one in told if isinstance(one, ExplainProgress) and one.done)
        assert first.done >= windows
        del first
    del told
    gc.collect()
    assert not list((tmp_path / "kept").glob(".windows*"))
    assert_same(Analysis.open(tmp_path / "kept"), front_to_back)


def test_a_part_is_not_complete(request_: Request) -> None:
    found: list[bool] = []

    def note(progress: Progress) -> None:
        if isinstance(progress, ExplainProgress):
            found.append(progress.analysis.complete)

    explain(replace(request_, frames=(0, 32)), note, playhead=20).close()
    assert not any(found)


def test_settled_is_what_no_window_before_reaches(front_to_back: Analysis) -> None:
    header = front_to_back.header
    assert (behind(header, 3).step, behind(header, 3).settled) == (24, 4)
