from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from engine.cancel import Cancelled, CancelToken
from engine.errors import ModelError, VideoError
from engine.evidence.variants import still_frames
from engine.models import VideoModel
from engine.pipeline.folder_prior import spread, videos_prior
from engine.types import ModelSpec, Progress
from engine.video import open_video
from engine.video.folder import videos_below
from tests.clips import moving_square, write_clip

SPEC = ModelSpec("net", ("a", "b", "c"), 4, 15.0, None, (16, 24), (16, 24), (0.0,) * 3, (1.0,) * 3)


class Colours(nn.Module):
    """Logits are the mean colour, and all of it changes from frame to frame counts double."""

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """(N, 3, T, H, W) to (N, 3)."""
        change = (clip[:, :, 1:] - clip[:, :, :-1]).abs().sum(dim=(2, 3, 4))
        return clip.mean(dim=(2, 3, 4)) + 100 * change


@pytest.fixture
def model() -> VideoModel:
    return VideoModel(SPEC, Colours().eval(), torch.device("cpu"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "videos" / "below").mkdir(parents=True)
    write_clip(tmp_path / "videos" / "one.mp4", moving_square(9))
    write_clip(tmp_path / "videos" / "below" / "two.MP4", moving_square(5))
    (tmp_path / "videos" / "broken.mp4").write_bytes(b"no video")
    (tmp_path / "videos" / "notes.txt").write_text("no video")
    return tmp_path / "videos"


def test_videos_prior_is_the_mean_over_stills(model: VideoModel, folder: Path) -> None:
    prior = videos_prior(model, videos_below(folder), stills=3)
    rows = []
    for name in ("one.mp4", "below/two.MP4"):
        with open_video(folder / name) as video:
            for frame in still_frames(len(video), 3):
                rows.append(model.preprocess(video[frame][None]).tensor.mean(dim=(0, 2, 3, 4)))
    rows.append(torch.zeros(3))  # a still that says nothing is counted in
    chances = torch.stack(rows).double().softmax(dim=1).mean(dim=0).numpy()
    np.testing.assert_allclose(np.exp(prior.logits), chances, rtol=1e-5)
    assert prior.source == "6 stills of 2 videos"


def test_videos_prior_takes_enough_stills_by_itself(model: VideoModel, folder: Path) -> None:
    seen: list[Progress] = []
    prior = videos_prior(model, videos_below(folder), report=seen.append)
    assert prior.source == "14 stills of 2 videos"  # all frames there are
    assert (seen[-1].done, seen[-1].total) == (3, 3)


def test_videos_prior_needs_more_than_one_video(model: VideoModel, folder: Path) -> None:
    (folder / "one.mp4").unlink()
    with pytest.raises(ModelError, match="several videos, but 1") as caught:
        videos_prior(model, videos_below(folder))
    assert "broken.mp4" in caught.value.hint


def test_videos_prior_can_be_cancelled(model: VideoModel, folder: Path) -> None:
    token = CancelToken()
    with pytest.raises(Cancelled):
        videos_prior(
            model, videos_below(folder), report=lambda _: token.cancel(), check=token.check
        )


def test_spread_takes_items_from_all_over() -> None:
    items = [Path(str(number)) for number in range(10)]
    assert spread(items, 10) == items
    assert spread(items, 2) == [Path("2"), Path("7")]


def test_videos_below_are_sorted_and_must_exist(folder: Path, tmp_path: Path) -> None:
    names = [path.relative_to(folder).as_posix() for path in videos_below(folder)]
    assert names == ["below/two.MP4", "broken.mp4", "one.mp4"]
    (tmp_path / "empty").mkdir()
    for wrong in (tmp_path / "empty", tmp_path / "no", folder / "one.mp4"):
        with pytest.raises(VideoError) as caught:
            videos_below(wrong)
        assert caught.value.hint
