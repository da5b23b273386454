from __future__ import annotations

import pytest

from engine.evidence.summary import ClipEvidence, clip_evidence
from engine.evidence.words import basis_sentence, labels_text, share_text, verdict_sentence
from tests.engine.store.analyses import SPEC, evidence_of


def clip_of(*parts: tuple) -> ClipEvidence:
    whole = clip_evidence([evidence_of(*part) for part in parts], SPEC)
    assert whole is not None
    return whole


def test_verdict_sentence_tells_share_interval_and_bits() -> None:
    said = verdict_sentence(clip_of((1.0, 1.0, 8.0, "movement")))
    assert said == (
        "The model looked at the movement: 80% (70% to 90%) of the evidence is movement "
        "(8.0 bits from movement, 1.0 from several pictures, 1.0 from one picture)."
    )


def test_verdict_sentence_tells_why_it_cannot_tell() -> None:
    said = verdict_sentence(clip_of((0.0, 0.0, 0.0, "cannot tell")))
    assert said.startswith("Cannot tell what the model looked at (0.0 bits")
    assert said.endswith("It is cannot tell.")
    assert "%" not in said


def test_basis_sentence_tells_model_class_windows_and_prior() -> None:
    one = (1.0, 1.0, 8.0, "movement")
    assert basis_sentence(clip_of(one)) == (
        "tiny, running, 1 window, counted from 4 stills of 2 videos"
    )
    assert "2 windows" in basis_sentence(clip_of(one, one))


@pytest.mark.parametrize(("count", "end"), [(2, "c0, c1"), (10, "c7 and 2 more")])
def test_labels_text_is_short(count: int, end: str) -> None:
    assert labels_text([f"c{number}" for number in range(count)]).endswith(end)


def test_share_text_of_nothing_is_a_dash() -> None:
    assert share_text(float("nan"), (0.0, 1.0)) == "-"
