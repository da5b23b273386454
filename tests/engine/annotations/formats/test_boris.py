from __future__ import annotations

import json
from typing import Any

import pytest

from engine.annotations.bouts import Bout
from engine.annotations.formats import boris_project, tables
from engine.errors import EngineError
from tests.engine.annotations.formats.samples import STEADY

HEADER = (  # as BORIS 8.27.4 writes tabular events
    "Observation id\tObservation date\tDescription\tObservation duration\tObservation type\tSource"
    "\tTime offset (s)\tMedia duration (s)\tFPS\tSubject\tBehavior\tBehavioral category"
    "\tModifier #1\tModifier #2\tBehavior type\tTime\tMedia file name\tImage index"
    "\tImage file path\tComment\n"
)
ETHOGRAM = {
    "0": {"type": "State event", "code": "walk"},
    "1": {"type": "Point event", "code": "blink"},
}


def observation(events: list[list[Any]], file: str = "C:\\videos\\walk.mp4") -> dict[str, Any]:
    return {"file": {"1": [file], "2": []}, "type": "MEDIA", "time offset": 0.0, "events": events}


def project(**observations: dict[str, Any]) -> str:
    return json.dumps({"behaviors_conf": ETHOGRAM, "observations": observations})


def tabular(*rows: tuple[str, ...], name: str = "one", video: str = "walk.mp4") -> str:
    cells = (
        f"{name}\t\t\t4\tMedia file(s)\tplayer #1:/v/{video}\t0.0\t4.0\t25.0\t{subject}\t{code}\t"
        f"\t{mods[0]}\t{mods[1]}\t{kind}\t{time}\t/v/{video}\t5\tNA\t\n"
        for subject, code, *mods, kind, time in rows
    )
    return "".join(cells)


def test_states_are_paired_by_subject_behaviour_and_modifiers() -> None:
    rows = [
        [0.4, "Ann", "walk", "fast", "off we go", 10],
        [0.8, "Ben", "walk", "None", "", 20],
        [1.2, "Ann", "blink", "", "", 30],
        [2.0, "Ann", "walk", "fast", "", 50],
        [3.0, "Ben", "walk", "None", "", 75],
    ]
    assert boris_project.read(project(one=observation(rows)), STEADY) == (
        Bout(10, 50, "walk [fast]", "Ann", "off we go"),
        Bout(20, 75, "walk [None]", "Ben"),
        Bout(30, 31, "blink", "Ann"),
    )


def test_time_offset_is_taken_off() -> None:
    later = observation([[100.4, "", "walk", "", ""], [102, "", "walk", "", ""]])
    text = project(one=later | {"time offset": 100.0})
    assert boris_project.read(text, STEADY) == (Bout(10, 50, "walk"),)


def test_observation_of_the_video_is_taken() -> None:
    rows = [[0.4, "", "walk", "", ""], [0.8, "", "walk", "", ""]]
    other = observation([], "/v/other.mp4")
    found = boris_project.read(project(one=other, two=observation(rows)), STEADY)
    assert found == (Bout(10, 20, "walk"),)
    with pytest.raises(EngineError, match=r"0 of 2 observations are of walk\.mp4"):
        boris_project.read(project(one=other, two=other), STEADY)


def test_observation_of_several_files_in_a_row_is_refused() -> None:
    both = observation([]) | {"file": {"1": ["walk.mp4", "b.mp4"]}}
    with pytest.raises(EngineError, match="plays 2 files in a row"):
        boris_project.read(project(one=both), STEADY)


def test_state_without_a_stop_is_named() -> None:
    with pytest.raises(EngineError, match=r"'walk' begins at 0\.4 s and does not end"):
        boris_project.read(project(one=observation([[0.4, "", "walk", "", ""]])), STEADY)


def test_tabular_export_is_read() -> None:
    rows = (
        ("", "walk", "", "", "START", "0.000"),
        ("Ben", "wave", "left", "high", "START", "0.800"),
        ("", "walk", "", "", "STOP", "0.400"),
        ("Ben", "wave", "left", "high", "STOP", "1.200"),
        ("No focal subject", "blink", "", "", "POINT", "2.000"),
    )
    expected = (Bout(0, 10, "walk"), Bout(20, 30, "wave [left|high]", "Ben"), Bout(50, 51, "blink"))
    assert tables.read(HEADER + tabular(*rows), STEADY) == expected
    others = tabular(("", "run", "", "", "POINT", "9"), name="two", video="other.mp4")
    assert tables.read(HEADER + tabular(*rows) + others, STEADY) == expected


def test_aggregated_export_is_read() -> None:
    text = (
        "Observation id,Source,Time offset (s),Subject,Behavior,Behavioral category,Modifier #1,"
        "Behavior type,Start (s),Stop (s),Duration (s),Media file name,Comment start,Comment stop\n"
        "one,player #1:walk.mp4,0.0,No focal subject,walk,,,STATE,0.4,1.0,0.6,walk.mp4,,done\n"
        "one,player #1:walk.mp4,0.0,Ann,blink,,,POINT,2.0,2.0,NA,walk.mp4,,\n"
    )
    expected = (Bout(10, 25, "walk", "", "done"), Bout(50, 51, "blink", "Ann"))
    assert tables.read(text, STEADY) == expected


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_plain_table_is_read_by_its_columns(separator: str) -> None:
    lines = ("\ufeffLabel,Stop,Start,Extra", "walk,1.0,0.4,x", ",,,", "wave,2,1.0")
    text = "\r\n".join(lines).lstrip("\ufeff").replace(",", separator)
    assert tables.read(text, STEADY) == (Bout(10, 25, "walk"), Bout(25, 50, "wave"))


def test_line_of_a_bad_time_is_named() -> None:
    with pytest.raises(EngineError, match="Line 3: 'soon' is no time"):
        tables.read("start,stop,label\n0,1,walk\nsoon,2,walk\n", STEADY)


def test_formulas_stay_text_for_spreadsheets() -> None:
    text = tables.write_plain((Bout(0, 5, "=HYPERLINK(1)"),), STEADY)
    assert text.splitlines()[1] == "0.0,0.2,'=HYPERLINK(1),,"
