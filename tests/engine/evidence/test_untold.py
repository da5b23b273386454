from __future__ import annotations

import pytest
import torch
from torch.nn.functional import interpolate

from benchmarks.motion_figures.augment import normalise
from benchmarks.motion_figures.testset import CHOICE
from engine.evidence.untold import reason_untold


@pytest.mark.parametrize("cells", [64, 16, 4])
def test_reason_untold_knows_noise_of_any_fineness(cells: int) -> None:
    torch.manual_seed(0)
    noise = torch.randn(3, 12, cells, cells)
    clip = interpolate(noise, size=(64, 64), mode="nearest")[None]
    assert "nothing in common" in reason_untold(clip)


def test_reason_untold_knows_a_clip_in_which_nothing_changes() -> None:
    still = torch.randn(1, 3, 1, 8, 8).expand(-1, -1, 6, -1, -1)
    assert "Nothing changes" in reason_untold(still)


@pytest.mark.parametrize("index", range(8))
def test_reason_untold_leaves_clips_of_people_alone(index: int) -> None:
    assert reason_untold(normalise(CHOICE.clip(index).frames)[None]) == ""


def test_reason_untold_leaves_flat_clips_alone() -> None:
    fading = torch.linspace(0, 1, 6).view(1, 1, 6, 1, 1).expand(1, 3, 6, 4, 4)
    assert reason_untold(fading) == ""


def test_reason_untold_leaves_a_small_fast_thing_alone() -> None:
    clip = torch.zeros(1, 3, 8, 32, 32)
    for step in range(8):
        clip[:, :, step, 8:12, 4 * step : 4 * step + 4] = 1.0
    assert reason_untold(clip) == ""


def test_reason_untold_leaves_a_single_pixel_alone() -> None:
    assert reason_untold(torch.tensor([0.0, 1.0, 0.5]).view(1, 1, 3, 1, 1)) == ""
