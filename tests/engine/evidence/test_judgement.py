from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evidence.judgement import interval_of, judge
from engine.evidence.measure import Parts

bits = st.floats(0, 30)


@given(bits, bits, bits)
def test_interval_of_holds_the_share_and_stays_within_0_and_1(a: float, b: float, c: float) -> None:
    parts = Parts(a, b, c)
    low, high = interval_of(parts)
    if parts.total == 0:
        assert math.isnan(low)
        assert math.isnan(high)
    else:
        assert 0 <= low <= parts.share <= high <= 1


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        (Parts(0.1, 0.0, 4.0), "movement"),
        (Parts(4.0, 0.05, 0.05), "one picture"),
        (Parts(1.0, 4.0, 0.0), "several pictures"),
        (Parts(3.0, 0.0, 1.5), "mixed"),
        (Parts(3.0, 0.0, 0.3), "cannot tell"),
        (Parts(0.05, 0.0, 0.1), "cannot tell"),
    ],
)
def test_judge_follows_the_largest_part(parts: Parts, verdict: str) -> None:
    judged = judge(parts)
    assert judged.verdict == verdict
    assert judged.reason.endswith(".")


def test_judge_gives_the_reason_why_nothing_can_be_told() -> None:
    assert judge(Parts(1, 0, 5), "It is noise.").reason == "It is noise."
