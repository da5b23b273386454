from __future__ import annotations

import errno
import tempfile
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from engine.attribution import Contrast, attribute
from engine.cancel import Cancelled, CancelToken
from engine.errors import AttributionError, EngineError, VideoError
from engine.models import VideoModel, load_model
from engine.pipeline import explain
from engine.pipeline.cache_key import request_key
from engine.pipeline.cache_lookup import open_finished
from engine.store import Analysis, ExplainProgress
from engine.types import Progress, Request
from engine.video import open_video
from engine.video.content_hash import content_id
from tests.clips import moving_square, write_clip
from tests.engine.networks import warmed_up

FRAMES = 37


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(warmed_up("figures").state_dict(), path)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "square.mp4", moving_square(FRAMES))


@pytest.fixture
def request_(clip: Path, weights: Path) -> Request:
    return Request(video=clip, weights=weights, target=3, device="cpu")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_explain_covers_every_frame(request_: Request) -> None:
    analysis = explain(request_)
    assert analysis.complete
    assert analysis.frame_count == FRAMES == analysis.frames_written
    assert analysis.read_steps(0, FRAMES).shape == (FRAMES, 112, 112)
    assert analysis.conservation == pytest.approx(1, abs=0.01)
    analysis.close()


def test_explain_blends_windows_as_a_weighted_mean(request_: Request, weights: Path) -> None:
    analysis = explain(request_)
    model = load_model("figures", weights=weights, device="cpu")
    with open_video(request_.video) as video:
        pictures = np.stack([video[i] for i in range(FRAMES)])
    total = np.zeros((FRAMES, 112, 112))
    weight = np.zeros((FRAMES, 1, 1))
    hann = np.sin(np.pi * (np.arange(16) + 0.5) / 16)[:, None, None] ** 2
    for start in (0, 8, 16, 21):
        part = attribute(model, model.preprocess(pictures[start : start + 16]), 3).relevance
        total[start : start + 16] += hann * part
        weight[start : start + 16] += hann
    assert [window.start_step for window in analysis.windows] == [0, 8, 16, 21]
    expected = total / weight
    assert np.abs(analysis.read_steps(0, FRAMES) - expected).max() <= 1e-5 * np.abs(expected).max()
    analysis.close()


def test_explain_reports_growing_results_in_order(request_: Request) -> None:
    seen: list[Progress] = []
    ready: list[int] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        if isinstance(progress, ExplainProgress):
            ready.append(progress.analysis.frames_written)

    explain(request_, report).close()
    explaining = [p for p in seen if p.stage == "Explaining"]
    assert [p.done for p in explaining] == [0, 1, 2, 3, 4]
    assert {p.total for p in explaining} == {4}
    assert ready == [0, 8, 16, 21, 37]
    assert explaining[-1].seconds_left == 0


def test_explain_cancels_within_a_window(request_: Request, scratch: Path) -> None:
    token = CancelToken()
    done = []

    def report(progress: Progress) -> None:
        done.append(progress.done)
        if progress.done == 2:
            token.cancel()

    with pytest.raises(Cancelled):
        explain(request_, report, token.check)
    assert max(done) == 2
    assert not list(scratch.iterdir())


def test_explain_leaves_nothing_after_an_error(
    request_: Request, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AttributionError("broken")

    monkeypatch.setattr("engine.pipeline.window_run.Explainer", broken)
    with pytest.raises(AttributionError, match="broken"):
        explain(request_)
    assert not list(scratch.iterdir())


def test_explain_tells_a_full_disk(
    request_: Request, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("engine.store.arrays.write_chunk", full)
    with pytest.raises(EngineError, match=r"analysis cannot be written .*No space left") as caught:
        explain(request_)
    assert "TMPDIR" in caught.value.hint
    assert not list(scratch.iterdir())


def test_explain_pads_a_range_shorter_than_a_window(request_: Request) -> None:
    analysis = explain(replace(request_, frames=(4, 9)))
    assert analysis.frame_count == 5
    assert analysis.windows[0].padded == 11
    assert analysis.windows[0].frame_indices.tolist() == [0, 1, 2, 3, 4] + [4] * 11
    assert analysis.read_steps(0, 5).shape == (5, 112, 112)
    analysis.close()


def test_explain_follows_the_model_without_a_class(request_: Request) -> None:
    analysis = explain(replace(request_, target=None))
    for window in analysis.windows:
        assert window.target == int(window.logits.argmax())
    analysis.close()


def test_explain_samples_at_the_rate_of_the_model(tmp_path: Path, request_: Request) -> None:
    fast = write_clip(tmp_path / "fast.mp4", moving_square(40), fps=30)
    analysis = explain(replace(request_, video=fast))
    assert analysis.step_frames.tolist() == list(range(0, 40, 2))
    assert analysis.sampled.sum() == 20
    assert analysis.separation("recommended").curves(1.0).relevance.shape == (40,)
    analysis.close()


def test_frames_of_a_slow_video_hold_the_relevance_of_all_their_steps(
    tmp_path: Path, request_: Request
) -> None:
    slow = write_clip(tmp_path / "slow.mp4", moving_square(9), fps=7)
    analysis = explain(replace(request_, video=slow, evidence="off"))
    frames = analysis.step_frames
    assert analysis.windows[0].frame_indices.tolist() == frames[:16].tolist()
    assert np.unique(frames).tolist() == list(range(9))
    assert len(frames) > 16
    curves = analysis.separation("recommended").curves(1.0)
    whole = float(analysis.read_steps(0, len(frames)).sum())
    assert curves.signed_relevance.sum() == pytest.approx(whole, rel=1e-4)
    assert analysis.full_colour("recommended") == pytest.approx(analysis.scale * len(frames) / 9)
    analysis.close()


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of 48 frames with a cut at frame 19."""
    frames = moving_square(48)
    frames[19:] = 255 - frames[19:][:, ::-1]
    return write_clip(tmp_path_factory.mktemp("clips") / "joined.mp4", frames)


def test_windows_across_a_cut_count_only_where_no_other_is(joined: Path, request_: Request) -> None:
    asked = replace(request_, video=joined, method="gradient", evidence="off")
    found, kept = explain(asked), explain(replace(asked, keep_cuts=True))
    assert found.cuts == kept.cuts == (19,)
    assert [window.start_step for window in found.windows] == [0, 8, 16, 24, 32]
    assert found.counted.tolist() == [True, False, False, True, True]
    assert kept.counted.all()
    whole, every = found.read_steps(0, 48), kept.read_steps(0, 48)
    alone = explain(replace(asked, frames=(0, 16))).read_steps(0, 16)
    np.testing.assert_allclose(whole[:16], alone, atol=1e-4 * np.abs(alone).max())
    np.testing.assert_allclose(whole[16:24], every[16:24], atol=1e-4 * np.abs(every).max())
    assert not np.allclose(whole[8:16], every[8:16], rtol=1e-3)


def test_cut_between_windows_is_marked_and_crossed_by_none(joined: Path, request_: Request) -> None:
    asked = replace(
        request_, video=joined, method="gradient", frames=(3, 48), overlap=0.0, evidence="off"
    )
    analysis = explain(asked)
    assert analysis.cuts == (16,)  # counted from the start of the range
    assert analysis.windows[0].cuts == ()
    assert analysis.windows[1].cuts == (16,)
    assert not any(window.crosses_cut for window in analysis.windows)
    analysis.close()


def test_range_whose_windows_all_cross_a_cut_keeps_its_numbers(
    joined: Path, request_: Request
) -> None:
    analysis = explain(
        replace(request_, video=joined, method="gradient", frames=(10, 26), evidence="off")
    )
    assert analysis.counted.tolist() == [True]
    assert analysis.cuts_sentence.startswith("The window crosses a shot cut")
    assert np.isfinite(analysis.separation("recommended").curves(1.0).clip_changing_share)
    analysis.close()


@pytest.mark.parametrize("frames", [(0, 0), (5, 4), (-1, 5), (0, FRAMES + 1), (99, 120)])
def test_explain_refuses_a_range_outside_the_video(
    request_: Request, frames: tuple[int, int]
) -> None:
    with pytest.raises(VideoError, match="range"):
        explain(replace(request_, frames=frames))


@pytest.mark.parametrize(
    "change",
    [
        {"sigma": -1.0},
        {"sigma": float("nan")},
        {"method": "guesswork"},
        {"preset": "best"},
        {"target": "flying"},
        {"target": 8},
        {"model": "r9d"},
        {"device": "abacus"},
        {"video": Path("missing.mp4")},
        {"weights": Path("missing.pth")},
    ],
)
def test_explain_says_what_is_wrong_and_what_to_do(request_: Request, change: dict) -> None:
    with pytest.raises(EngineError) as caught:
        explain(replace(request_, **change))
    assert str(caught.value)
    assert caught.value.hint


def test_explain_goes_on_with_what_decodes_of_a_damaged_video(
    request_: Request, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged.mp4"
    whole = bytearray(request_.video.read_bytes())
    with av.open(str(request_.video)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
        places = [(p.pos, p.size) for p in packets[-3:] if p.pos is not None]
    for position, size in places:
        whole[position : position + size] = bytes(size)
    damaged.write_bytes(whole)
    analysis = explain(replace(request_, video=damaged))
    assert 16 <= analysis.frame_count <= FRAMES
    assert analysis.complete
    analysis.close()


def test_explain_passes_options_and_a_class_to_compare_with(request_: Request) -> None:
    short = replace(request_, frames=(0, 16), against=1)
    analysis = explain(replace(short, options=(("composite", "epsilon-plus"),)))
    model = load_model("figures", weights=request_.weights, device="cpu")
    with open_video(request_.video) as video:
        clip = model.preprocess(np.stack([video[index] for index in range(16)]))
    expected = attribute(model, clip, Contrast(3, 1), "lrp", composite="epsilon-plus").relevance
    np.testing.assert_allclose(analysis.read_steps(0, 16), expected, rtol=1e-3, atol=1e-5)
    assert analysis.header.request.options == (("composite", "epsilon-plus"),)
    analysis.close()


def test_explain_keeps_the_time_step_and_the_notices_of_coarse_maps(
    request_: Request, tmp_path: Path
) -> None:
    network = load_model("figures", weights=request_.weights, device="cpu")
    coarse = replace(network, module=Halved(network.module))
    analysis = explain_with(coarse, replace(request_, method="grad_cam", frames=(0, 32)))
    assert analysis.time_step == 8
    assert any("2 time step" in text for text in analysis.notices)
    analysis.save(tmp_path / "saved", preset="recommended", sigma=1)
    again = Analysis.open(tmp_path / "saved")
    assert (again.time_step, again.notices) == (8, analysis.notices)
    analysis.close()


class Halved(torch.nn.Module):
    """The bundled network with its features averaged over eight frames."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network
        self.features = torch.nn.Sequential(network.features, torch.nn.AvgPool3d((8, 1, 1)))

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        return self.network.head(self.network.pool(self.features(clip)).flatten(1))


def explain_with(model: VideoModel, request: Request) -> Analysis:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.pipeline.explain_video.load_requested", lambda *_, **__: model)
        return explain(request)


def test_explain_tells_the_time_left_from_the_first_passes_of_a_window(request_: Request) -> None:
    told: list[Progress] = []
    short = replace(request_, frames=(0, 16), method="temporal_mask", options=(("samples", 16),))
    explain(short, told.append).close()
    first = next(progress for progress in told if progress.seconds_left is not None)
    assert 0 < first.done < first.total
    assert first.seconds_left is not None
    assert first.seconds_left > 0
    inside = [progress.done / progress.total for progress in told if progress.total > 1]
    assert inside == sorted(inside)
    assert len(inside) > 2


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"method": "grad-can"}, "no attribution method"),
        ({"options": (("composit", "x"),)}, "no option"),
        ({"options": (("composite", "x"),)}, "no composite|cannot be"),
        ({"target": None, "against": 2}, "not the class to explain"),
        ({"against": "nobody"}, "no class"),
    ],
)
def test_explain_refuses_methods_options_and_classes_it_does_not_have(
    request_: Request, changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(AttributionError, match=complaint):
        explain(replace(request_, **changes))


def test_explain_takes_several_windows_at_once_where_they_fit(
    request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = explain(request_)
    monkeypatch.setattr("engine.pipeline.window_run.Explainer.batch", 3)
    together = explain(request_)
    np.testing.assert_allclose(
        together.read_steps(0, FRAMES), alone.read_steps(0, FRAMES), rtol=1e-3, atol=1e-5
    )
    for analysis in (alone, together):
        analysis.close()


def test_explain_takes_the_key_that_the_caller_computed(
    request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = request_key(request_)
    assert key is not None
    monkeypatch.setattr("engine.pipeline.explain_video.request_key", lambda request: None)
    explain(request_, folder=tmp_path, resume=True, key=key).close()
    analysis = open_finished(request_, tmp_path, key)
    assert analysis is not None
    analysis.close()


def test_explain_computes_the_key_once(
    request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str | None] = []

    def counted(request: Request) -> str | None:
        keys.append(request_key(request))
        return keys[-1]

    monkeypatch.setattr("engine.pipeline.explain_video.request_key", counted)
    explain(request_, folder=tmp_path, resume=True).close()
    assert keys == [request_key(request_)]


@pytest.mark.parametrize("windows_before", [0, 1, 2])
def test_explain_of_a_video_that_changes_meanwhile_is_refused_and_not_kept(
    request_: Request, tmp_path: Path, windows_before: int
) -> None:
    video = tmp_path / "walk.mp4"
    video.write_bytes(request_.video.read_bytes())
    request = replace(request_, video=video, evidence="off")
    content, key = content_id(video), request_key(request)
    done = 0

    def overwrite() -> None:
        write_clip(video, moving_square(FRAMES)[::-1])

    def report(progress: Progress) -> None:
        nonlocal done
        done += isinstance(progress, ExplainProgress)
        if isinstance(progress, ExplainProgress) and done == windows_before:
            overwrite()

    if windows_before == 0:
        overwrite()  # between the key and the opening
    with pytest.raises(VideoError, match=r"walk\.mp4 was changed while it was open"):
        explain(request, report, folder=tmp_path / "kept", resume=True, key=key, content=content)
    assert key is not None
    assert open_finished(request, tmp_path / "kept", key) is None
