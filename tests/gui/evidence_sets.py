"""Evidence of made-up windows of 16 frames, each 8 after the one before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.evidence import Evidence
from engine.evidence.summary import clip_evidence, evidence_curves
from engine.types import ModelSpec, Window
from gui.state.evidence_set import EvidenceSet, WindowEvidence

LENGTH, APART = 16, 8
LABELS = "walking", "boxing", "waving"


def evidence_set(
    evidence: Sequence[Evidence | None], start: int = 0, frames: int = 48
) -> EvidenceSet:
    """Evidence of a range that begins at a frame; at least one window was measured."""
    third = (1 / 3,) * 3
    spec = ModelSpec("tiny", LABELS, LENGTH, None, 1, 8, (8, 8), third, third)
    firsts = [APART * index for index in range(len(evidence))]
    windows = [
        Window(first, np.arange(first, first + LENGTH), 0, np.zeros(3, np.float32), 1, 1.0)
        for first in firsts
    ]
    clip = clip_evidence(evidence, spec)
    assert clip is not None
    shown = [
        WindowEvidence(start + first, start + first + LENGTH - 1, one, LABELS[1])
        for first, one in zip(firsts, evidence, strict=True)
    ]
    curves = evidence_curves(windows, evidence, np.arange(frames), frames)
    return EvidenceSet(clip, curves, tuple(shown))
