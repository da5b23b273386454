from __future__ import annotations

import numpy as np
import pytest
import torch

from benchmarks.motion_figures.evidence_measures import measured
from benchmarks.motion_figures.evidence_records import Record, variants
from benchmarks.motion_figures.evidence_results import is_right
from engine.evidence.evidence import Evidence, Verdict


def evidence(verdict: Verdict) -> Evidence:
    return Evidence(0.5, (0.0, 1.0), 1, 0, 1, verdict, "", 0, "", np.zeros((4, 8)))


@pytest.mark.parametrize(
    ("verdict", "right", "wrong"),
    [
        ("movement", 0.7, 0.3),
        ("one picture", 0.2, 0.6),
        ("several pictures", 0.0, 0.9),
        ("mixed", 0.5, 1.0),
    ],
)
def test_is_right_compares_a_verdict_with_the_truth(
    verdict: Verdict, right: float, wrong: float
) -> None:
    assert is_right(evidence(verdict), right)
    assert not is_right(evidence(verdict), wrong)


def record(clips: int = 16) -> Record:
    """Return what a network says that watches movement alone: nothing of stills."""
    logits = np.zeros((clips, 18, 8), np.float32)
    own = np.arange(clips) % 8
    logits[np.arange(clips), :4, own] = 6
    said = logits[:, 0]
    held = np.zeros_like(said)
    return Record(
        renderings=logits,
        stills=np.zeros((clips, 3, 8), np.float32),
        arranged=np.stack([held, held, said], 1),
        scrambled=np.zeros((clips, 2, 8), np.float32),
    )


def test_measured_finds_the_truth_of_a_network_that_watches_movement() -> None:
    found = measured("toy-0-1", record())
    assert found.truth == pytest.approx(1)
    assert found.posed == pytest.approx(1)
    assert found.share == pytest.approx(1)
    assert {one.verdict for one in found.evidence} == {"movement"}


def test_measured_knows_that_some_networks_cannot_see_order() -> None:
    found = measured("frame-mean-0-1", record())
    assert found.is_blind
    assert not found.truth.any()


def test_variants_are_those_that_records_hold() -> None:
    clip = torch.rand(3, 16, 32, 32)
    made = variants(clip)
    assert len(made) == 3 + 3 + 2
    assert all(one.shape == clip.shape for one in made)
