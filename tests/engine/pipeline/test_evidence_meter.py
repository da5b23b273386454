from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.attribution import attribute
from engine.cancel import Cancelled, CancelToken, never
from engine.errors import AttributionError, ModelError
from engine.evidence import Prior, decision_evidence, save_prior
from engine.evidence.decision import clip_prior
from engine.models import VideoModel, load_model
from engine.pipeline import evidence_meter, explain
from engine.pipeline.cache_key import request_key
from engine.pipeline.cache_lookup import open_finished
from engine.pipeline.evidence_meter import EvidenceMeter
from engine.pipeline.single_clip import noise_clip
from engine.store import Analysis
from engine.types import Progress, Request
from engine.video import open_video
from tests.clips import moving_square, write_clip
from tests.engine.networks import warmed_up

FRAMES = 37
STARTS = (0, 8, 16, 21)


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
    return Request(video=clip, weights=weights, target=3, device="cpu", method="gradient")


@pytest.fixture(scope="module")
def model(weights: Path) -> VideoModel:
    return load_model("figures", weights=weights, device="cpu")


@pytest.fixture(scope="module")
def pictures(clip: Path) -> np.ndarray:
    with open_video(clip) as video:
        return np.stack([video[index] for index in range(FRAMES)])


@pytest.fixture
def prior(tmp_path: Path) -> Path:
    save_prior(Prior(tuple(range(8)), "eight stills"), tmp_path / "own.json")
    return tmp_path / "own.json"


def numbers(analysis: Analysis) -> np.ndarray:
    """Steps of all windows, (W, 4, 8)."""
    return np.stack([one.log2_steps for one in analysis.evidence if one is not None])


def test_each_window_is_measured_from_a_prior_of_the_first(
    request_: Request, model: VideoModel, pictures: np.ndarray
) -> None:
    analysis = explain(request_)
    first = clip_prior(model, model.preprocess(pictures[:16]))
    for start, window, found in zip(STARTS, analysis.windows, analysis.evidence, strict=True):
        clip = model.preprocess(pictures[start : start + 16])
        expected = decision_evidence(model, clip, 3, prior=first)
        assert found is not None
        assert (found.target, found.prior) == (window.target, first.source) == (3, first.source)
        np.testing.assert_allclose(found.log2_steps, expected.log2_steps, atol=1e-4)
        np.testing.assert_allclose(found.order_bits, expected.order_bits, atol=1e-4)
    analysis.close()


def test_a_prior_of_the_request_is_taken(request_: Request, prior: Path) -> None:
    analysis = explain(replace(request_, prior=prior, evidence="quick"))
    expected = np.log2(np.exp(np.arange(8)) / np.exp(np.arange(8)).sum())
    assert {one and one.prior for one in analysis.evidence} == {"eight stills"}
    np.testing.assert_allclose(numbers(analysis)[:, 0], np.tile(expected, (4, 1)))
    analysis.close()


def test_a_prior_beside_the_weights_is_taken(
    request_: Request, prior: Path, tmp_path: Path, weights: Path
) -> None:
    own = tmp_path / "own.pth"
    own.write_bytes(weights.read_bytes())
    prior.rename(tmp_path / "own.pth.prior.json")
    analysis = explain(replace(request_, weights=own, evidence="quick", frames=(0, 16)))
    assert [one and one.prior for one in analysis.evidence] == ["eight stills"]
    analysis.close()


def test_evidence_can_be_left_out(request_: Request) -> None:
    analysis = explain(replace(request_, evidence="off"))
    assert analysis.evidence == (None,) * 4
    assert analysis.clip_evidence() is None
    analysis.close()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [(None, "cannot be read"), ("{}", "not a prior"), ('{"logits": [1], "source": ""}', "classes")],
)
def test_a_prior_that_cannot_be_used_is_refused(
    request_: Request, tmp_path: Path, text: str | None, complaint: str
) -> None:
    path = tmp_path / "bad.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=complaint) as caught:
        explain(replace(request_, prior=path))
    assert caught.value.hint


def test_a_run_is_cancelled_between_the_passes_and_goes_on_the_same(
    request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = explain(request_)
    token = CancelToken()
    measured = []

    def cancelling(*args: object, **options: object) -> object:
        measured.append(options)
        if len(measured) == 3:
            token.cancel()
        return decision_evidence(*args, **options)

    folder = tmp_path / "kept"
    with monkeypatch.context() as patch:
        patch.setattr(evidence_meter, "decision_evidence", cancelling)
        with pytest.raises(Cancelled):
            explain(request_, check=token.check, folder=folder, resume=True)
    done: list[Progress] = []
    again = explain(request_, done.append, folder=folder, resume=True)
    assert next(p.done for p in done if p.stage == "Explaining") == 2
    assert numbers(again).tobytes() == numbers(whole).tobytes()
    assert again.read_steps(0, FRAMES).tobytes() == whole.read_steps(0, FRAMES).tobytes()
    key = request_key(request_)
    assert key is not None
    opened = open_finished(request_, folder, key)
    assert opened is not None
    assert numbers(opened).tobytes() == numbers(whole).tobytes()
    assert opened.clip_evidence() == whole.clip_evidence()
    whole.close()


@pytest.mark.parametrize(
    "error", [AttributionError("Nothing but nan."), torch.OutOfMemoryError()], ids=type
)
def test_a_window_that_cannot_be_measured_is_explained_and_says_so(
    request_: Request, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(evidence_meter, "decision_evidence", broken)
    analysis = explain(replace(request_, frames=(0, 16)))
    assert analysis.evidence == (None,)
    assert any("vidence" in text for text in analysis.notices)
    analysis.close()


def test_a_range_of_one_frame_cannot_be_told(request_: Request) -> None:
    analysis = explain(replace(request_, frames=(4, 5)))
    whole = analysis.clip_evidence()
    assert whole is not None
    assert (whole.verdict, whole.frames_bits, whole.order_bits) == ("cannot tell", 0, 0)
    assert "Nothing changes" in whole.reason
    analysis.close()


def test_evidence_of_values_is_left_out_with_a_notice(model: VideoModel, request_: Request) -> None:
    values = replace(model, spec=replace(model.spec, activation="none"))
    meter = evidence_meter.EvidenceMeter(values, request_, never)
    clip = noise_clip(model)
    measured = meter.measure(clip, attribute(values, clip, method="gradient"))
    assert measured.evidence is None
    assert "gives values" in measured.notice
    off = evidence_meter.EvidenceMeter(values, replace(request_, evidence="off"), never)
    assert off.measure(clip, attribute(values, clip, method="gradient")).notice == ""


def test_evidence_that_does_not_fit_a_card_is_measured_on_the_cpu(
    request_: Request, model: VideoModel, pictures: np.ndarray
) -> None:
    clip = model.preprocess(pictures[:16])
    explained = attribute(model, clip, 3, "gradient")
    expected = EvidenceMeter(model, request_, never).measure(clip, explained)
    card = replace(model, module=FitsTheCpuAlone(model.module), device=torch.device("meta"))
    found = EvidenceMeter(card, request_, never).measure(clip, explained)
    assert found.notice == "The memory of meta is too small for evidence: measured on the CPU."
    assert found.evidence is not None
    assert expected.evidence is not None
    np.testing.assert_allclose(found.evidence.log2_steps, expected.evidence.log2_steps, atol=1e-4)


class FitsTheCpuAlone(torch.nn.Module):
    """A network that fits no card."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        if clip.device.type != "cpu":
            raise torch.OutOfMemoryError("no memory")
        return self.network(clip)
