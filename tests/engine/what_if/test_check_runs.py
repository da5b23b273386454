from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.attribution import frozen_frame_split
from engine.errors import EngineError, VideoError
from engine.models import VideoModel
from engine.pipeline.headers import header_of
from engine.pipeline.single_clip import clip_at
from engine.store import Analysis
from engine.types import ModelSpec, Request, Window
from engine.video import open_video
from engine.what_if.check_runs import freeze_check, still_split
from engine.what_if.checks import SeparatedMap
from tests.clips import moving_square, write_clip

FRAMES, SIDE, LENGTH = 24, 16, 8
STARTS = 0, 4, 8, 12, 16


class Change(nn.Module):
    """Logits: the mean of the clip, and how much it changes from frame to frame."""

    def forward(self, clip: Tensor) -> Tensor:
        change = (clip[:, :, 1:] - clip[:, :, :-1]).abs().mean((1, 2, 3, 4))
        return torch.stack([clip.mean((1, 2, 3, 4)), 8 * change], 1)


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> Request:
    path = write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", moving_square(FRAMES))
    return Request(video=path, method="gradient")


@pytest.fixture(scope="module")
def model() -> VideoModel:
    spec = ModelSpec(
        "change",
        ("bright", "moves"),
        LENGTH,
        None,
        1,
        (SIDE, SIDE),
        (SIDE, SIDE),
        (0.5,) * 3,
        (0.25,) * 3,
    )
    return VideoModel(spec, Change().eval(), torch.device("cpu"))


def separated(model: VideoModel, request: Request, folder: Path, steps: int) -> SeparatedMap:
    """A map of noise over the first steps of the video, of class 1 in every window."""
    with open_video(request.video) as video:
        header = header_of(request, model, video)
    analysis = Analysis.create(header, folder)
    relevance = np.random.default_rng(0).standard_normal((steps, SIDE, SIDE)).astype(np.float32)
    windows = [
        Window(first, np.arange(first, first + LENGTH), 0, np.zeros(2, np.float32), 1, 1.0)
        for first in STARTS
    ]
    analysis.append(windows, relevance)
    return SeparatedMap(analysis, "recommended", 1.0)


def test_freeze_check_scores_the_class_that_was_explained(
    model: VideoModel, request_: Request, tmp_path: Path
) -> None:
    found = freeze_check(model, request_, separated(model, request_, tmp_path, FRAMES), "window", 0)
    logits = model.module(clip_at(model, request_.video, 0).tensor)
    assert found.label == "moves"
    assert (found.windows, found.preset, found.sigma) == (1, "recommended", 1.0)
    assert found.original == pytest.approx(float(logits.softmax(1)[0, 1]), abs=1e-6)
    assert found.motion_curve[0] == found.others_curve[0] == found.original
    assert found.motion_curve[-1] == found.others_curve[-1] < found.original
    assert found.motion == found.motion_curve[found.shares.index(found.share)]


def test_freeze_check_refuses_another_video_than_that_of_the_map(
    model: VideoModel, request_: Request, tmp_path: Path
) -> None:
    shown = separated(model, request_, tmp_path / "map", FRAMES)
    other = write_clip(tmp_path / "other.mp4", moving_square(FRAMES)[::-1])
    with pytest.raises(VideoError, match="is not the video that was explained"):
        freeze_check(model, replace(request_, video=other), shown, "window", 0)


def test_freeze_check_of_the_clip_is_the_mean_of_its_windows(
    model: VideoModel, request_: Request, tmp_path: Path
) -> None:
    whole = separated(model, request_, tmp_path, FRAMES)
    found = freeze_check(model, request_, whole, "clip", 0)
    middles = [first + LENGTH // 2 for first in STARTS]
    each = [freeze_check(model, request_, whole, "window", frame) for frame in middles]
    assert found.windows == len(STARTS)
    assert found.motion == pytest.approx(np.mean([one.motion for one in each]))
    assert found.static == pytest.approx(np.mean([one.static for one in each]))


def test_freeze_check_refuses_what_is_not_explained_yet(
    model: VideoModel, request_: Request, tmp_path: Path
) -> None:
    growing = separated(model, request_, tmp_path, LENGTH)
    with pytest.raises(EngineError, match="not explained yet"):
        freeze_check(model, request_, growing, "window", FRAMES - 1)


def test_still_split_is_the_frozen_frame_split_of_the_window(
    model: VideoModel, request_: Request
) -> None:
    found = still_split(model, request_, 0)
    clip = clip_at(model, request_.video, 0)
    split = frozen_frame_split(model, clip, None, "gradient")
    assert found.temporal_share == pytest.approx(split.temporal_share)
    assert (found.first, found.stop, found.method) == (0, LENGTH, "gradient")
    assert found.pictures.shape == (LENGTH, SIDE, SIDE, 3)
    assert found.picture_frames.tolist() == list(range(LENGTH))
