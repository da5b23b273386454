from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gui.state.session_file import dump, load


def text_with(**view: Any) -> str:
    """A session with a view."""
    values = {"kind": "Motion Inspector session", "format": 1, "video": {"path": "/a.mp4"}}
    return json.dumps(values | {"view": view})


@pytest.mark.parametrize(
    ("view", "named"),
    [
        ({"preset": "best"}, "best"),
        ({"heat": {"colours": "mauve"}}, "mauve"),
        ({"heat": {"polarity": "sideways"}}, "sideways"),
        ({"panes": ["video", "holiday"]}, "holiday"),
        ({"panes": ["holiday", "video", "cruise", "motion"]}, "holiday, cruise"),
        ({"loop": "twice"}, "twice"),
        ({"pace": "brisk"}, "brisk"),
    ],
    ids=str,
)
def test_stand_ins_are_shown_and_what_they_stand_for_is_saved(
    view: dict[str, Any], named: str
) -> None:
    session = load(text_with(**view))
    (stand_in,) = session.stand_ins
    assert named in stand_in.text
    stored = json.loads(dump(session))["view"]
    for key, value in view.items():
        assert stored[key] == (stored[key] | value if isinstance(value, dict) else value)
    assert load(dump(session)) == session


def test_stand_ins_give_way_to_what_the_user_chooses() -> None:
    session = load(text_with(preset="best", panes=["holiday"]))
    chosen = replace(session, view=replace(session.view, preset="variation"))
    stored = json.loads(dump(chosen))["view"]
    assert (stored["preset"], stored["panes"]) == ("variation", ["holiday"])


def test_stand_ins_are_other_panes_than_those_that_are_known() -> None:
    panes = load(text_with(panes=["video", "holiday", "cruise", "motion"])).view.panes
    assert (panes[0], panes[3]) == ("video", "motion")
    assert len(set(panes)) == 4
