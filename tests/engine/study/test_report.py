"""The report of a study: figures by class, and a page that shows them and nothing hostile."""

from __future__ import annotations

import csv
import math
import time
from pathlib import Path
from typing import Any

import pytest

from engine.study.place import CLIPS, SETTINGS_FILE, Place
from engine.study.plan import write_plan
from engine.study.report import CLASSES, PAGE, PICTURE, write_report
from engine.study.rows import Row
from engine.study.settings import FORMAT, VERSION, StoredStudy, StudySettings, save_study
from engine.study.summary import summarise, telling
from engine.study.tables import COLUMNS
from engine.types import Request


def row(number: int, **cells: Any) -> dict[str, Any]:
    told = {"verdict": "movement", "share": 0.8, "order_bits": 2.0, "frames_bits": 0.2,
            "still_bits": 0.3, "score": 0.9, "frozen": 0.3, "answer": "walk", "label": "walk",
            "correct": True, "health": "ok", "name": f"{number}.mp4", "path": f"/x/{number}.mp4",
            "clip": number}  # fmt: skip
    return dict.fromkeys(COLUMNS[CLIPS]) | told | cells


def some_rows(count: int) -> list[dict[str, Any]]:
    still = {"verdict": "one picture", "share": 0.01, "order_bits": 0.0, "still_bits": 3.0,
             "frozen": 0.88, "answer": "ride", "label": "ride"}  # fmt: skip
    return [row(n, **(still if n % 2 else {})) for n in range(count)]


def test_summarise_counts_clips_by_class_and_verdict() -> None:
    rows = [*some_rows(8), row(8, label="ride", correct=False), row(9, error="Bad.", label=None,
            answer=None, correct=None, share=None, verdict=None, order_bits=None)]  # fmt: skip
    found = summarise(rows)
    assert (found.whole.clips, found.whole.failed) == (10, 1)
    assert [one.name for one in found.classes] == ["ride", "walk"]
    ride, walk = found.classes
    assert (ride.verdicts[0], ride.verdicts[3], ride.right) == (1, 4, 0.8)
    assert walk.share.value == pytest.approx(0.8)
    assert ("movement", 4, 1) in found.confusion
    assert found.agreement.low > 0.5 > found.agreement.value - found.agreement.high
    for_it, against = telling(rows, 3)
    assert len(for_it) == len(against) == 3
    assert {one["verdict"] for one in against} == {"one picture"}


def test_summarise_of_nothing_measured_is_nan() -> None:
    nothing = dict.fromkeys(("share", "order_bits", "frames_bits", "still_bits", "score"))
    found = summarise([row(0, error="Bad.", correct=None, **nothing)])
    assert math.isnan(found.whole.share.value)
    assert math.isnan(found.agreement.value)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    pytest.importorskip("pyarrow", reason="pyarrow of the extra study is missing")
    return Place(tmp_path)


def written(place: Place, rows: list[dict[str, Any]]) -> str:
    import pyarrow as arrow
    from pyarrow import parquet

    schema = arrow.schema([(n, arrow.type_for_alias(k)) for n, k in COLUMNS[CLIPS].items()])
    columns = {name: [one[name] for one in rows] for name in COLUMNS[CLIPS]}
    parquet.write_table(arrow.table(columns, schema=schema), place.folder / CLIPS)
    settings = StudySettings(Request(place.folder))
    save_study(place, StoredStudy(FORMAT, VERSION, settings))
    assert (place.folder / SETTINGS_FILE).exists()
    write_plan(place.plan, [Row(one["name"], one["path"]) for one in rows])
    write_report(place)
    return (place.folder / PAGE).read_text(encoding="utf-8")


def test_report_shows_what_is_there_and_runs_nothing_of_it(place: Place) -> None:
    bad = "<script>alert(1)</script>"
    page = written(place, [*some_rows(4), row(4, name=bad, label=bad, error=bad)])
    assert bad not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<script>") == 1
    assert "http" not in page.replace("data:image", "")
    assert (place.folder / PICTURE).read_bytes().startswith(b"\x89PNG")
    lines = list(csv.DictReader((place.folder / CLASSES).read_text().splitlines()))
    assert [line["class"] for line in lines][-1] == "all"


def test_report_of_ten_thousand_rows_takes_seconds(place: Place) -> None:
    began = time.monotonic()
    written(place, some_rows(10_000))
    assert time.monotonic() - began < 60
