from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.annotations.regions import Box, Region
from engine.attribution import motion_use
from engine.cancel import Cancelled, CancelToken, never
from engine.errors import EngineError
from engine.models import VideoModel
from engine.models.model import Clip
from engine.pipeline.single_clip import clip_at
from engine.render.model_view import model_view
from engine.types import ModelSpec, Progress, Rect, Request
from engine.video import open_video
from engine.what_if.perturb import fill_region
from engine.what_if.queries import FILLS, WhatIfQuery, WhatIfResult
from engine.what_if.run import motion_tests, what_if
from tests.clips import moving_square, write_clip

FRAMES, SIDE, LENGTH = 40, 16, 8
WHOLE = Region((Box(0, 1000, 0.0, 0.0, 1.0, 1.0),))
LEFT = Region((Box(0, 1000, 0.0, 0.0, 0.5, 1.0),))
ALL = np.arange(LENGTH)
UNCROPPED = Rect(0.0, 0.0, 1.0, 1.0)


class Corner(nn.Module):
    """Logits: the mean of the upper left quarter, its negative, and the mean of the last frame."""

    def forward(self, clip: Tensor) -> Tensor:
        corner = clip[..., : SIDE // 2, : SIDE // 2].mean((1, 2, 3, 4))
        return torch.stack([corner, -corner, clip[:, :, -1].mean((1, 2, 3))], 1)


def model_with(resize: int | tuple[int, int] = (SIDE, SIDE)) -> VideoModel:
    labels = "bright", "dark", "last"
    spec = ModelSpec(
        "corner", labels, LENGTH, None, 1, resize, (SIDE, SIDE), (0.5,) * 3, (0.25,) * 3
    )
    return VideoModel(spec, Corner().eval(), torch.device("cpu"))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", moving_square(FRAMES))


@pytest.fixture
def model() -> VideoModel:
    return model_with()


def asked(
    model: VideoModel, video: Path, region: Region, frame: int = 20, **how: object
) -> WhatIfResult:
    return what_if(model, Request(video=video), WhatIfQuery(region, **how), frame)  # type: ignore[arg-type]


def noise_clip(seen: Rect = UNCROPPED) -> Clip:
    values = torch.randn(1, 3, LENGTH, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    low, high = torch.full((1, 3, 1, 1, 1), -2.0), torch.full((1, 3, 1, 1, 1), 2.0)
    return Clip(values, low, high, seen, (64, 64))


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("scope", ["window", "clip"])
def test_what_if_the_whole_picture_is_kept_nothing_changes(
    model: VideoModel, video: Path, fill: str, scope: str
) -> None:
    answer = asked(model, video, WHOLE, keep=True, fill=fill, scope=scope)
    np.testing.assert_allclose(answer.changed_logits, answer.logits, atol=1e-6)
    assert answer.changed_share == 0
    assert np.abs(answer.logits).max() > 0.01


def test_what_if_all_is_removed_by_the_mean_leaves_a_constant_clip(
    model: VideoModel, video: Path
) -> None:
    clip = fill_region(noise_clip(), WHOLE, ALL, keep=False, fill="mean")[0]
    mean = noise_clip().tensor.mean((2, 3, 4), keepdim=True)
    assert torch.allclose(clip, mean.expand_as(clip), atol=1e-6)
    answer = asked(model, video, WHOLE, fill="mean")
    first, second, last = answer.changed_logits
    assert (first, second) == pytest.approx((last, -last), abs=1e-6)
    assert answer.changed_share == 1


def test_what_if_frozen_whole_is_the_freeze_of_motion_use(model: VideoModel, video: Path) -> None:
    request = Request(video=video, target=2)
    answer = asked(model, video, WHOLE, fill="frozen")
    tests = motion_tests(model, request, "window", 20)
    assert answer.changed_logits[2] == pytest.approx(tests.logits["frozen"], abs=1e-6)
    assert answer.changed_probabilities[2] == pytest.approx(tests.probabilities["frozen"], abs=1e-6)
    assert answer.changed_logits[2] != pytest.approx(answer.logits[2], abs=1e-4)


def test_what_if_a_model_that_looks_at_one_corner_misses_nothing_else(
    model: VideoModel, video: Path
) -> None:
    right = Region((Box(0, 1000, 0.5, 0.0, 1.0, 1.0),))
    without_right = asked(model, video, right, fill="mean")
    assert without_right.changed_logits[0] == pytest.approx(without_right.logits[0], abs=1e-6)
    only_right = asked(model, video, right, keep=True, fill="mean")
    mean_colour = asked(model, video, WHOLE, fill="mean").changed_logits[0]
    assert only_right.changed_logits[0] == pytest.approx(mean_colour, abs=1e-6)
    assert only_right.changed_logits[0] != pytest.approx(only_right.logits[0], abs=1e-3)


def test_changed_clip_fills_the_region_and_nothing_else() -> None:
    clip, half = noise_clip(), SIDE // 2
    changed, share = fill_region(clip, LEFT, ALL, keep=False, fill="frozen")
    assert share == 0.5
    assert torch.equal(changed[..., half:], clip.tensor[..., half:])
    middle = clip.tensor[:, :, LENGTH // 2, :, :half]
    assert torch.equal(changed[..., :half], middle[:, :, None].expand(-1, -1, LENGTH, -1, -1))
    kept, _ = fill_region(clip, LEFT, ALL, keep=True, fill="frozen")
    assert torch.equal(kept[..., :half], clip.tensor[..., :half])
    assert torch.equal(kept[:, :, 0, :, half:], clip.tensor[:, :, LENGTH // 2, :, half:])


def test_changed_clip_follows_the_frames_of_the_region() -> None:
    clip, region = noise_clip(), Region((Box(12, 14, 0, 0, 1, 1),))
    frames = np.arange(10, 10 + LENGTH)
    changed, share = fill_region(clip, region, frames, keep=False, fill="mean")
    differs = (changed != clip.tensor).flatten(3).any(3).any(1)[0]
    assert differs.tolist() == [frame in (12, 13) for frame in frames]
    assert share == 2 / LENGTH


def test_changed_clip_never_changes_the_padding() -> None:
    clip = noise_clip(Rect(-0.5, 0.0, 1.5, 1.0))
    for keep, region in ((False, WHOLE), (True, Region((Box(0, 9, 0.4, 0.4, 0.6, 0.6),)))):
        changed, _ = fill_region(clip, region, ALL, keep=keep, fill="mean")
        assert torch.equal(changed[..., : SIDE // 4], clip.tensor[..., : SIDE // 4])
        assert not torch.equal(changed, clip.tensor)


def test_changed_clip_blurs_by_a_tenth_of_the_side() -> None:
    side = 100
    values = torch.zeros(1, 3, 1, side, side)
    values[..., side // 2, side // 2] = 1
    clip = replace(noise_clip(), tensor=values)
    changed, _ = fill_region(clip, WHOLE, np.zeros(1, np.int64), keep=False, fill="blurred")
    row = changed[0, 0, 0].sum(0).double()
    places = torch.arange(side) - side // 2
    deviation = float(((row * places**2).sum() / row.sum()).sqrt())
    assert deviation == pytest.approx(10, rel=0.02)


def test_what_if_asks_the_window_nearest_to_the_playhead(model: VideoModel, video: Path) -> None:
    answer = asked(model, video, LEFT, frame=21)
    assert answer.picture_frames.tolist() == list(range(16, 24))  # windows begin every 4 frames
    assert answer.windows == 1
    last = asked(model, video, LEFT, frame=10_000)
    assert last.picture_frames[-1] == FRAMES - 1


def test_what_if_shows_what_the_model_saw(video: Path) -> None:
    answer = asked(model_with(), video, LEFT, fill="mean")
    before = asked(model_with(), video, WHOLE, keep=True)
    half = SIDE // 2
    assert answer.pictures.shape == (LENGTH, SIDE, SIDE, 3)
    assert answer.pictures.dtype == np.uint8
    np.testing.assert_array_equal(answer.pictures[:, :, half:], before.pictures[:, :, half:])
    filled = answer.pictures[:, :, :half].reshape(-1, 3)
    assert (filled == filled[0]).all()
    with open_video(video) as opened:
        as_given = np.stack([model_view(opened[f], model_with().spec) for f in range(16, 24)])
    assert before.picture_frames.tolist() == list(range(16, 24))
    assert np.abs(before.pictures.astype(int) - as_given).max() <= 2


def test_what_if_over_the_clip_is_the_mean_of_its_windows(model: VideoModel, video: Path) -> None:
    whole = asked(model, video, LEFT, scope="clip")
    middles = range(4, FRAMES - 3, 4)
    single = [asked(model, video, LEFT, frame=frame) for frame in middles]
    assert whole.windows == len(single) == 9
    assert whole.picture_frames.tolist() == list(range(16, 24))
    for name in ("logits", "changed_logits", "probabilities", "changed_probabilities"):
        mean = np.mean([getattr(answer, name) for answer in single], axis=0)
        np.testing.assert_allclose(getattr(whole, name), mean, atol=1e-6)


def test_what_if_pads_a_short_range(model: VideoModel, video: Path) -> None:
    request = Request(video=video, frames=(10, 13))
    answer = what_if(model, request, WhatIfQuery(LEFT), 11)
    assert answer.picture_frames.tolist() == [10, 11, 12]


@pytest.mark.parametrize(
    ("region", "how", "message"),
    [
        (Region(), {}, "Nothing is painted yet"),
        (Region((Box(0, 2, 0, 0, 1, 1),)), {}, "around frame 30"),
        (Region((Box(0, 2, 0, 0, 1, 1),)), {"keep": True}, "around frame 30"),
        (LEFT, {"fill": "black"}, "no fill called 'black'"),
        (LEFT, {"scope": "all"}, "no scope called 'all'"),
    ],
)
def test_what_if_refuses_a_question_about_nothing(
    model: VideoModel, video: Path, region: Region, how: dict[str, object], message: str
) -> None:
    with pytest.raises(EngineError, match=message) as caught:
        asked(model, video, region, frame=30, **how)
    assert caught.value.hint


def test_what_if_refuses_a_region_outside_the_crop(video: Path) -> None:
    edge = Region((Box(0, 1000, 0.0, 0.0, 0.05, 1.0),))  # 96x64 is cropped to its middle square
    with pytest.raises(EngineError, match="where the model looks"):
        asked(model_with(SIDE), video, edge)


def test_what_if_stops_when_cancelled(model: VideoModel, video: Path) -> None:
    token, told = CancelToken(), []

    def report(progress: Progress) -> None:
        if progress.total:
            told.append((progress.done, progress.total))
            token.cancel()

    with pytest.raises(Cancelled):
        what_if(
            model, Request(video=video), WhatIfQuery(LEFT, scope="clip"), 0, report, token.check
        )
    assert told == [(1, 9)]


def test_motion_tests_are_those_of_motion_use(model: VideoModel, video: Path) -> None:
    found = motion_tests(model, Request(video=video), "clip", 20)
    assert found.label in ("bright", "dark", "last")
    assert found.windows == 9
    target = model.spec.labels.index(found.label)
    answer = asked(model, video, LEFT, scope="clip")
    assert found.probabilities["original"] == pytest.approx(answer.probabilities[target], abs=1e-6)
    assert found.logits["original"] == pytest.approx(answer.logits[target], abs=1e-6)


def test_motion_tests_of_a_window_score_the_class_of_the_request(
    model: VideoModel, video: Path
) -> None:
    found = motion_tests(model, Request(video=video, target="last"), "window", 20)
    use = motion_use(model, clip_at(model, video, 16), 2, check=never)
    assert found.label == "last"
    assert use.probabilities is not None
    assert tuple(found.probabilities.values()) == pytest.approx(use.probabilities, abs=1e-6)
    assert found.logits["reversed"] == pytest.approx(use.reversed, abs=1e-6)


def test_what_if_of_values_tells_their_unit(model: VideoModel, video: Path) -> None:
    model = replace(model, spec=replace(model.spec, activation="none", unit="lux"))
    found = asked(model, video, LEFT)
    assert found.unit == "lux"
    assert np.array_equal(found.probabilities, found.logits)
    tests = motion_tests(model, Request(video=video, device="cpu"), "window", 20)
    assert (tests.unit, tests.label) == ("lux", "bright")
    assert tests.probabilities == tests.logits
