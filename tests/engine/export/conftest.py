from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.evidence import Evidence
from engine.store import Analysis, Header
from engine.types import ModelSpec, Rect, Request, Window
from engine.video import Video, open_video
from tests.clips import moving_square, write_clip
from tests.engine.store.analyses import evidence_of

FRAMES = 20
LABELS = ("walking", "boxing")


def made_up(path: Path, video: Video, step: int = 1, evidence: Evidence | None = None) -> Analysis:
    """An analysis of all of a video with random relevance, every ``step``-th frame sampled."""
    steps = np.arange(0, len(video), step)
    spec = ModelSpec(
        "fake", LABELS, len(steps), None, step, (16, 16), (16, 16), (0.5,) * 3, (0.25,) * 3
    )
    count = len(video)
    header = Header(
        request=Request(video=path, model="fake", frames=(0, count)),
        spec=spec,
        size=video.size,
        fps=video.fps,
        start=0,
        stop=count,
        timestamps_s=np.array(video.timestamps_s),
        step_frames=steps,
        seen=Rect(0.2, 0.0, 0.8, 1.0),
    )
    analysis = Analysis.create(header)
    values = np.random.default_rng(0).normal(size=(len(steps), 16, 16)).astype(np.float32)
    logits = np.array([2.0, 1.0], np.float32)
    analysis.append([Window(0, steps.copy(), 0, logits, 0, 1.0)], values, [evidence])
    return analysis


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "square.mp4"
    return write_clip(path, moving_square(FRAMES, (160, 120)))


@pytest.fixture
def video(clip: Path) -> Iterator[Video]:
    with open_video(clip) as video:
        yield video


@pytest.fixture
def analysis(clip: Path, video: Video) -> Iterator[Analysis]:
    analysis = made_up(clip, video)
    yield analysis
    analysis.close()


@pytest.fixture
def measured(clip: Path, video: Video) -> Iterator[Analysis]:
    """The same with evidence, of eight bits from movement."""
    evidence = evidence_of(1.0, 2.0, 8.0, "movement")
    steps = evidence.log2_steps[:, : len(LABELS)]
    analysis = made_up(clip, video, evidence=replace(evidence, log2_steps=steps))
    yield analysis
    analysis.close()
