from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.attribution import attribute
from engine.cancel import Cancelled, CancelToken, never
from engine.errors import AttributionError
from engine.evidence import EvidenceMaps, evidence_maps
from engine.models import Clip, VideoModel, load_model
from engine.pipeline import explain
from engine.pipeline import map_maker as making
from engine.store import Analysis
from engine.types import Progress, Request, unreported
from engine.video import open_video
from tests.clips import moving_square, write_clip

FRAMES = 22
CARD = 'name = "small"\nnetwork = "figures"\nresize = [28, 28]\ncrop = [28, 28]\n'


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Request:
    """Two windows at a small size, the second one from frame 6."""
    folder = tmp_path_factory.mktemp("maps")
    (folder / "small.toml").write_text(CARD, encoding="utf-8")
    video = write_clip(folder / "square.mp4", moving_square(FRAMES))
    card = str(folder / "small.toml")
    return Request(
        video, card, target=3, preset="evidence", evidence="off", device="cpu", overlap=0.6
    )


def maps_of(analysis: Analysis) -> bytes:
    return b"".join(part.tobytes() for part in analysis.read_maps(0, analysis.steps_written))


def test_maps_of_one_window_are_those_of_its_clip(asked: Request) -> None:
    analysis = explain(replace(asked, frames=(0, 16)))
    model = load_model(asked.model, device="cpu")
    with open_video(asked.video) as video:
        clip = model.preprocess(np.stack([video[index] for index in range(16)]))
    made = evidence_maps(model, clip, 3)
    maps = analysis.separation("evidence").frames(0, 16, 1.0)
    np.testing.assert_allclose(maps.motion, made.motion, rtol=1e-4, atol=1e-6)
    assert maps.motion.sum(dtype=float) == pytest.approx(made.motion_sum, rel=1e-3, abs=1e-3)
    assert maps.static.sum(dtype=float) == pytest.approx(made.appearance_sum, rel=1e-3, abs=1e-3)
    analysis.close()


def test_maps_cover_a_padded_window(asked: Request) -> None:
    analysis = explain(replace(asked, frames=(2, 9)))
    assert analysis.windows[0].padded == 9
    assert analysis.separation("evidence").frames_ready == 7
    assert all(np.isfinite(part).all() for part in analysis.read_maps(0, 7))
    analysis.close()


def test_maps_leave_the_relevance_as_it_is(asked: Request) -> None:
    both, plain = explain(asked), explain(replace(asked, preset="recommended"))
    assert both.has_maps
    assert not plain.has_maps
    assert both.read_steps(0, FRAMES).tobytes() == plain.read_steps(0, FRAMES).tobytes()
    for analysis in (both, plain):
        analysis.close()


def test_maps_are_resumed_bit_for_bit(asked: Request, tmp_path: Path) -> None:
    whole, token = explain(asked), CancelToken()

    def stop(progress: Progress) -> None:
        if progress.done == 1:
            token.cancel()

    with pytest.raises(Cancelled):
        explain(asked, stop, token.check, folder=tmp_path / "a", resume=True)
    resumed = explain(asked, folder=tmp_path / "a", resume=True)
    assert maps_of(resumed) == maps_of(whole)
    assert resumed.full_colour("evidence") == whole.full_colour("evidence")
    again = explain(asked, folder=tmp_path / "a", resume=True)
    assert maps_of(again) == maps_of(whole)
    whole.close()


@pytest.mark.parametrize("works", [0, 1])
def test_an_analysis_without_maps_is_complete(
    asked: Request, works: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def maps(*args: object, **kwargs: object) -> EvidenceMaps:
        calls.append(args)
        if len(calls) > works:
            raise AttributionError("The model is closed.", "Choose another.")
        return evidence_maps(*args, **kwargs)

    monkeypatch.setattr(making, "evidence_maps", maps)
    analysis = explain(asked)
    assert analysis.complete
    assert not analysis.has_maps
    assert len(calls) == works + 1
    [notice] = [text for text in analysis.notices if "Maps of evidence" in text]
    assert "The model is closed." in notice
    analysis.close()


def test_maps_can_be_cancelled_within_a_window(
    asked: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = CancelToken()

    def maps(*args: object, **kwargs: object) -> EvidenceMaps:
        token.cancel()
        return evidence_maps(*args, **kwargs)

    monkeypatch.setattr(making, "evidence_maps", maps)
    with pytest.raises(Cancelled):
        explain(asked, check=token.check)


def test_maps_that_do_not_fit_a_card_are_made_on_the_cpu(
    asked: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(asked.model, device="cpu")
    with open_video(asked.video) as video:
        clip = model.preprocess(np.stack([video[index] for index in range(16)]))
    right = evidence_maps(model, clip, 3)

    def made(model: VideoModel, clip: Clip, *args: object, **options: object) -> EvidenceMaps:
        if model.device.type != "cpu":
            raise torch.OutOfMemoryError("no memory")
        return evidence_maps(model, clip, *args, **options)

    monkeypatch.setattr(making, "evidence_maps", made)
    explained = attribute(model, clip, 3, "gradient")
    monkeypatch.setattr(Clip, "moved_to", lambda self, _: self)
    card = replace(model, device=torch.device("meta"))
    maker = making.MapMaker(card, 3, unreported, never, wanted=True)
    maps = maker.make(clip, explained)
    assert maps is not None
    np.testing.assert_array_equal(maps.motion, right.motion)
