from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from inspector.cli import main
from resources import resource_path
from tests.golden.keeping import same_json, same_text

LOOSE = (
    "motion",
    "static",
    "changing_share",
    "evidence",
    "disagreement",
    "motion_share",
    "motion_share_low",
    "motion_share_high",
    "still_bits",
    "frames_bits",
    "order_bits",
)


@pytest.fixture
def results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """What 'explain' writes of the first frames of the bundled clip."""
    monkeypatch.setattr(platformdirs, "user_state_path", lambda *_: tmp_path / "state")
    out = tmp_path / "results"
    with resource_path("demo.mp4") as clip:
        words = ["explain", str(clip), "--out", str(out), "--frames", "0:24", "--device", "cpu"]
        assert main(words) == 0
    return out


def masked(document: dict[str, Any]) -> dict[str, Any]:
    """Return an analysis.json without what differs from machine to machine."""
    request = document["request"] | {"video": Path(document["request"]["video"]).name}
    video = {
        name: document["video"][name]
        for name in document["video"]
        if name not in ("path", "relative")
    }
    files = [name for name in document["files"] if "/c/" not in name]
    plain = document | {"request": request, "video": video, "files": files}
    plain["versions"] = list(document["versions"])
    plain["made_with"] = document["made_with"] | {"python": "", "system": ""}
    return {name: plain[name] for name in plain if not name.startswith("checksum")}


def columns(path: Path) -> dict[str, list[str | float]]:
    """Return the columns of a CSV file by their names, with numbers as numbers."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return {name: [number(row[i]) for row in rows[1:]] for i, name in enumerate(rows[0])}


def number(text: str) -> str | float:
    return float(text) if "." in text else text


def test_explain_gives_the_numbers_it_gave(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = capsys.readouterr().out.replace(str(results), "<out>")
    same_text("explain/said.txt", said)
    document = json.loads((results / "analysis.json").read_text(encoding="utf-8"))
    same_json("explain/analysis.json", masked(document), loose=LOOSE)
    same_json("explain/frames.json", columns(results / "frames.csv"), loose=LOOSE)
