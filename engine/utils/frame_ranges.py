"""Ranges of frames for people: "69-82", both ends in it, counted from 0."""

from __future__ import annotations

import re

_INCLUSIVE = re.compile(r"\s*(\d+)\s*[-\N{EN DASH}]\s*(\d+)\s*")
_HALF_OPEN = re.compile(r"\s*(\d+)\s*:\s*(\d+)\s*")


def range_text(start: int, stop: int) -> str:
    """Return a range as its first and last frame, or as one number where it is one frame.

    Parameters
    ----------
    start, stop : int
        The first frame, and the one after the last.
    """
    return str(start) if stop == start + 1 else f"{start}-{stop - 1}"


def parse_range(text: str) -> tuple[int, int]:
    """Return the first frame, and the one after the last, of a text as `range_text` makes it.

    "69:83" is read as well: as Python has slices, without the last number.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if text.strip().isdecimal():
        return int(text), int(text) + 1
    inclusive, half_open = _INCLUSIVE.fullmatch(text), _HALF_OPEN.fullmatch(text)
    found = inclusive or half_open
    if found is None:
        raise ValueError(f"{text!r} is not of the form FIRST-LAST, two frame numbers")
    return int(found[1]), int(found[2]) + (inclusive is not None)
