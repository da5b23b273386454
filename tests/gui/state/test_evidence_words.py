from __future__ import annotations

import math
from dataclasses import replace

import pytest

from gui.state.evidence_words import bits_text, interval_text, verdict_sentence
from tests.engine.store.analyses import evidence_of

TOLD = replace(evidence_of(1.0, 0.3, 8.7, "movement"), share=0.87, interval=(0.78, 0.95))


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("movement", "Movement: 87 % of the evidence (78 to 95 %)"),
        ("one picture", "One picture: movement is 87 % of the evidence (78 to 95 %)"),
        ("mixed", "Mixed: movement is 87 % of the evidence (78 to 95 %)"),
        ("cannot tell", "Cannot tell"),
    ],
)
def test_verdict_sentence_has_the_share_where_something_is_told(
    verdict: str, sentence: str
) -> None:
    assert verdict_sentence(replace(TOLD, verdict=verdict)) == sentence


def test_verdict_sentence_without_a_share_has_no_number() -> None:
    nothing = replace(TOLD, share=math.nan, interval=(math.nan, math.nan))
    assert verdict_sentence(nothing) == "Movement"
    assert interval_text(nothing) == "-"


def test_bits_text_has_two_digits_and_a_sign_on_wish() -> None:
    assert bits_text(9.104) == "9.10"
    assert bits_text(3.1, signed=True) == "+3.10"
    assert bits_text(-0.2, signed=True) == "\u22120.20"
    assert bits_text(math.nan) == "-"
