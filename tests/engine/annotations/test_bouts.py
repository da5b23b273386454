from __future__ import annotations

import pytest

from engine.annotations.bouts import MOST_BOUTS, Bout, lanes_of, require_few
from engine.errors import EngineError


def test_texts_are_kept_in_one_line() -> None:
    bout = Bout(0, 1, " walk\n\tfast\x00 ", "\ud800Ann\ufffe", "a\r\nb")
    assert (bout.label, bout.subject, bout.comment) == ("walk fast", "Ann", "a b")


@pytest.mark.parametrize("span", [(-1, 2), (3, 3), (4, 3), (0, 2**40)])
def test_frames_that_cannot_be_are_refused(span: tuple[int, int]) -> None:
    with pytest.raises(EngineError, match="cannot lie on the frames"):
        Bout(*span, "walk")


def test_label_is_needed_and_not_endless() -> None:
    with pytest.raises(EngineError, match="has no label"):
        Bout(0, 1, " ")
    with pytest.raises(EngineError, match="501 characters"):
        Bout(0, 1, "x" * 501)


def test_lanes_are_those_of_subject_and_label_by_their_first_bout() -> None:
    bouts = (Bout(5, 9, "wave"), Bout(0, 3, "walk", "Ann"), Bout(1, 2, "wave"))
    assert lanes_of(bouts) == {("Ann", "walk"): (bouts[1],), ("", "wave"): (bouts[2], bouts[0])}


def test_too_many_bouts_are_refused() -> None:
    require_few(MOST_BOUTS)
    with pytest.raises(EngineError, match="too many"):
        require_few(MOST_BOUTS + 1)
