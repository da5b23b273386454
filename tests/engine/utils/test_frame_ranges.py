"""Ranges of frames as text and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.utils.frame_ranges import parse_range, range_text


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_range_text_is_read_back(start: int, length: int) -> None:
    assert parse_range(range_text(start, start + length)) == (start, start + length)


def test_range_text_names_the_last_frame_and_a_single_one_once() -> None:
    assert range_text(69, 83) == "69-82"
    assert range_text(4, 5) == "4"


@pytest.mark.parametrize("text", ["69-82", " 69 - 82 ", "69–82", "69:83"])
def test_parse_range_reads_every_way_to_write_it(text: str) -> None:
    assert parse_range(text) == (69, 83)


@pytest.mark.parametrize("text", ["", ":", "a-b", "-1-3", "1-2-3", "1.5-3", "\x1b"])
def test_parse_range_refuses_what_is_no_range(text: str) -> None:
    with pytest.raises(ValueError, match="FIRST-LAST"):
        parse_range(text)
