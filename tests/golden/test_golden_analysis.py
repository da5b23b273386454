"""Folders of analyses that an earlier version wrote: they open, with the same numbers."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cancel import never
from engine.store import Analysis, Resumable
from engine.types import SPLIT_PRESETS, Preset
from tests.engine.store.analyses import noise
from tests.golden import analyses
from tests.golden.keeping import KEPT, regenerates, same_json

LOOSE = ("motion", "static", "changing_share", "clip_changing_share")
CURVES = ("threshold", "relevance", "motion", "static", "changing_share", "signed_relevance")


def copied(name: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(KEPT / "analysis" / name, tmp_path / name))


@pytest.fixture(scope="module", autouse=True)
def made(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Make the folders, where they are kept anew."""
    if regenerates():
        folder = KEPT / "analysis"
        analyses.make_saved(folder / "saved", tmp_path_factory.mktemp("work"))
        analyses.make_unfinished(folder / "unfinished")
        analyses.make_finished(folder / "finished")


@pytest.fixture
def saved(tmp_path: Path) -> Analysis:
    """The saved folder of an earlier version."""
    return Analysis.open(copied("saved", tmp_path))


def curves_of(analysis: Analysis, preset: Preset) -> dict[str, Any]:
    found = analysis.separation(preset).curves(1.0)
    numbers = {name: getattr(found, name).tolist() for name in CURVES}
    return {"clip_changing_share": found.clip_changing_share, **numbers}


def test_saved_analysis_opens_with_its_curves(saved: Analysis) -> None:
    assert saved.complete
    same_json(
        "analysis/curves.json",
        {name: curves_of(saved, name) for name in SPLIT_PRESETS},
        loose=LOOSE,
    )


def test_saved_analysis_opens_with_its_scores(saved: Analysis) -> None:
    found = {
        "target_scores": saved.target_scores().tolist(),
        "probabilities": saved.probabilities().tolist(),
        "targets": saved.targets().tolist(),
        "logits": saved.logits().tolist(),
        "conservation": saved.conservation,
        "scale": saved.scale,
        "sampled": saved.sampled.tolist(),
        "relevance_sum": float(saved.read_steps(0, saved.steps_written).sum()),
    }
    same_json("analysis/scores.json", found)


def test_saved_analysis_opens_with_what_was_asked(saved: Analysis) -> None:
    header = saved.header
    request = asdict(header.request) | {"video": str(header.request.video)}
    windows = [[w.start_step, w.padded, w.target, w.frame_indices.tolist()] for w in saved.windows]
    found = {
        "request": request,
        "spec": asdict(header.spec),
        "seen": asdict(header.seen),
        "video": [header.size, header.fps, header.start, header.stop],
        "timestamps_s": header.timestamps_s.tolist(),
        "windows": windows,
    }
    same_json("analysis/asked.json", found)


def test_saved_analysis_saves_the_same_document(saved: Analysis) -> None:
    found = saved.document(preset="recommended", sigma=1.0)
    same_json("analysis/document.json", found | {"versions": list(found["versions"])}, loose=LOOSE)


def test_unfinished_analysis_is_taken_up(tmp_path: Path) -> None:
    unfinished = copied("unfinished", tmp_path)
    kept = Resumable(unfinished, analyses.ASKED)
    analysis, state = kept.begin(analyses.HEADER, "cpu", never)
    assert state is not None
    assert {name: array.tolist() for name, array in state.items()} == {
        name: array.tolist() for name, array in analyses.state_of(analyses.BROKEN_OFF).items()
    }
    assert analysis.steps_written == analyses.BROKEN_OFF
    assert np.array_equal(analysis.read_steps(0, 40), noise(48)[:40])
    analyses.append(analysis, analyses.BROKEN_OFF, len(analyses.HEADER.step_frames))
    kept.finish(analysis)
    assert np.array_equal(Analysis.open(unfinished).read_steps(0, 48), noise(48))


def test_finished_analysis_is_found_again(tmp_path: Path) -> None:
    analysis = Resumable(copied("finished", tmp_path), analyses.ASKED).finished()
    assert analysis is not None
    assert np.array_equal(analysis.read_steps(0, 48), noise(48))
    assert [window.start_step for window in analysis.windows] == list(range(0, 48, 4))
    same_json("analysis/finished.json", curves_of(analysis, "code-2021"), loose=LOOSE)
