"""Durations as text."""

from __future__ import annotations

import pytest

from engine.utils.durations import duration_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3.0, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200.0, "3 min 20 s"),
        (3600.0, "1 h 0 min"),
        (7519.0, "2 h 5 min"),
    ],
)
def test_duration_text_has_the_units_that_matter(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
