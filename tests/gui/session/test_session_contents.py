"""What a session holds, fitted to its video."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.types import Request
from gui.session.session_contents import range_within
from gui.state.session_file import SessionFile
from gui.state.view_state import ViewState

Range = tuple[int, int] | None


@pytest.mark.parametrize(
    ("asked", "marked", "expected"),
    [
        ((0, 100), None, None),
        (None, None, None),
        ((8, 24), None, (8, 24)),
        ((0, 100), (8, 24), (8, 24)),
        ((8, 500), None, (8, 100)),
    ],
)
def test_range_within_is_the_marked_one_or_that_of_the_request(
    asked: Range, marked: Range, expected: Range
) -> None:
    request = Request(Path("a.mp4"), frames=asked)
    session = SessionFile(request=request, view=ViewState(range=marked))
    assert range_within(session, 100) == expected
