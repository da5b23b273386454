"""Windows cut out of a video: each frame looked at once, the same from wherever reading begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.cancel import never
from engine.models import VideoModel, load_model
from engine.pipeline.headers import header_of
from engine.pipeline.window_reader import WindowClip, WindowReader
from engine.types import Request
from engine.video import Video, open_video
from tests.clips import moving_square, write_clip

CUTS = (21, 40)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Video]:
    frames = moving_square(60)
    frames[CUTS[0] : CUTS[1]] = 255 - frames[CUTS[0] : CUTS[1], :, ::-1]
    path = write_clip(tmp_path_factory.mktemp("clips") / "shots.mp4", frames, fps=24)
    with open_video(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def model() -> VideoModel:
    found = load_model("figures", device="cpu")
    return replace(found, spec=replace(found.spec, resize=16, crop=(16, 16), frames=8))


def windows_from(
    starts: list[int], model: VideoModel, video: Video, frames: tuple[int, int], **how: bool
) -> list[WindowClip]:
    header = header_of(Request(video.path, frames=frames), model, video)
    reader = WindowReader(model, video, header, never, starts[0], **how)
    return [reader.window(first) for first in starts]


@pytest.mark.parametrize("frames", [(0, 60), (7, 55)])
def test_windows_are_the_same_wherever_reading_begins(
    model: VideoModel, video: Video, frames: tuple[int, int]
) -> None:
    starts = list(range(0, 24, 4))
    whole = windows_from(starts, model, video, frames, find_cuts=True)
    for number in range(len(starts)):
        part = windows_from(starts[number:], model, video, frames, find_cuts=True)
        assert [one.cuts for one in part] == [one.cuts for one in whole[number:]]
        for one, other in zip(part, whole[number:], strict=True):
            assert one.indices == other.indices
            assert np.array_equal(one.clip.tensor, other.clip.tensor)


def test_cuts_belong_to_the_windows_that_hold_them(model: VideoModel, video: Video) -> None:
    found = windows_from([0, 8, 16, 24], model, video, (0, 60), find_cuts=True)
    assert [one.cuts for one in found] == [(), (21,), (), (40,)]
    assert [one.indices[0] for one in found] == [0, 13, 26, 38]


def test_nobody_looks_for_cuts_unless_asked(
    model: VideoModel, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Video, "picture", None)  # is not called
    (found,) = windows_from([8], model, video, (0, 60))
    assert found.cuts == ()
    assert found.padded == 0


def test_pictures_are_those_of_the_frames(model: VideoModel, video: Video, tmp_path: Path) -> None:
    (found,) = windows_from([3], model, video, (0, 60), find_cuts=True)
    plain = model.preprocess(np.stack([video[i] for i in found.indices]))
    assert np.array_equal(found.clip.tensor, plain.tensor)
