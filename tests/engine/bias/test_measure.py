"""Figures of the clips of a video, with a network whose answers can be told by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from engine.bias import BiasSettings, clips_of_folder, measure_video
from engine.errors import VideoError
from engine.evidence import Prior
from engine.models import VideoModel
from engine.types import ModelSpec
from tests.clips import moving_square, write_clip

SPEC = ModelSpec(
    "net", ("still", "moving"), 8, 15.0, None, (32, 48), (32, 48), (0.0,) * 3, (1.0,) * 3
)
SETTINGS = BiasSettings("gradient", "recommended", 1.0, clips_per_video=3, shuffles=2)


class Differences(nn.Module):
    """Logit "moving" is how much changes from frame to frame, "still" a constant."""

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """(N, 3, T, H, W) to (N, 2)."""
        change = (clip[:, :, 1:] - clip[:, :, :-1]).abs().mean(dim=(1, 2, 3, 4))
        return torch.stack([torch.full_like(change, 1.0), 1000 * change], dim=1)


@pytest.fixture
def model() -> VideoModel:
    return VideoModel(SPEC, Differences().eval(), torch.device("cpu"))


def test_measure_video_spreads_clips_that_do_not_overlap(model: VideoModel, tmp_path: Path):
    path = write_clip(tmp_path / "clip.mp4", moving_square(40))
    found = measure_video(model, path, "clip.mp4", None, SETTINGS)
    assert [clip.first_frame for clip in found] == [0, 16, 32]
    assert {clip.label for clip in found} == {"moving"}
    for clip in found:
        assert clip.answer == "moving"
        assert clip.probability > 0.9
        assert clip.frozen == pytest.approx(1 / (1 + np.exp(1.0)), abs=0.05)
        assert clip.reversed == pytest.approx(clip.probability, abs=1e-3)
        assert 0 < clip.changing_share <= 1
        assert (clip.evidence.is_told, clip.guessed) == (True, False)
        assert clip.motion_share == pytest.approx(
            clip.order_bits / (clip.still_bits + clip.frames_bits + clip.order_bits)
        )
        assert clip.shuffled_sd >= 0
        assert clip.highest_logit > 1


def test_measure_video_explains_the_class_of_its_folder(model: VideoModel, tmp_path: Path):
    path = write_clip(tmp_path / "clip.mp4", moving_square(10))
    (clip,) = measure_video(model, path, "clip.mp4", "still", SETTINGS)
    assert (clip.label, clip.answer) == ("still", "moving")
    assert clip.frozen > clip.probability


def test_measure_video_repeats_the_last_frame_of_a_short_one(model: VideoModel, tmp_path: Path):
    path = write_clip(tmp_path / "clip.mp4", moving_square(3))
    assert len(measure_video(model, path, "clip.mp4", None, SETTINGS)) == 1


def test_clips_of_folder_takes_classes_from_names_of_folders(tmp_path: Path):
    for name in ("Moving", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.MP4").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("")
    found = clips_of_folder(tmp_path, SPEC.labels)
    assert [(path.parent.name, label) for path, label in found] == [
        ("Moving", "moving"), ("other", None),
    ]  # fmt: skip


def test_clips_of_folder_without_videos_is_an_error(tmp_path: Path):
    with pytest.raises(VideoError):
        clips_of_folder(tmp_path, SPEC.labels)


def test_measure_video_counts_from_the_prior_that_it_is_given(model: VideoModel, tmp_path: Path):
    path = write_clip(tmp_path / "clip.mp4", moving_square(10))
    (plain,) = measure_video(model, path, "clip.mp4", None, SETTINGS)
    sure = replace(SETTINGS, prior=Prior((-3.0, 3.0), "two stills"))
    (other,) = measure_video(model, path, "clip.mp4", None, sure)
    assert other.still_bits > plain.still_bits + 1
