"""The annotated clip of the golden analysis: three of its frames, and the texts beside it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.annotations.notes import Note
from engine.export import export_clip
from engine.render import HeatLook
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import UInt8Array
from engine.video import Video, open_video
from tests.golden import analyses
from tests.golden.keeping import KEPT, same_json, same_picture, same_text

LOOSE = ("motion", "static", "changing_share")
LOOK = ClipSettings(
    "recommended",
    1.0,
    panes=("video", "relevance", "motion", "static"),
    heat=HeatLook("red and blue", opacity=0.9),
    layout="grid",
    pane_height_px=160,
    captions=(Note(0, 3, "It begins"), Note(9, 12, "In the middle\nof the clip")),
)


@pytest.fixture
def video() -> Iterator[Video]:
    with open_video(analyses.CLIP) as video:
        yield video


@pytest.fixture
def exported(tmp_path: Path, video: Video) -> Path:
    """An annotated clip of most of the golden analysis, with its numbers beside it."""
    analysis = Analysis.open(KEPT / "analysis" / "saved")
    path = tmp_path / "annotated.mp4"
    return export_clip(analysis, video, path, look=LOOK, frames=(1, 19), numbers=True)


def pictures(path: Path) -> dict[str, UInt8Array]:
    with open_video(path) as video:
        last = len(video) - 1
        places = {"first": 0, "middle": last // 2, "last": last}
        return {name: np.array(video[index]) for name, index in places.items()}


def facts(path: Path) -> dict[str, Any]:
    with open_video(path) as video:
        return {"size": video.size, "fps": video.fps, "frames": len(video)}


def test_export_looks_and_reads_as_it_did(exported: Path) -> None:
    for name, picture in pictures(exported).items():
        same_picture(f"export/{name}.webp", picture, factor=2, mean=1.5, share=0.005)
    same_json("export/clip.json", facts(exported))
    document = json.loads(exported.with_suffix(".json").read_text(encoding="utf-8"))
    document["request"]["video"] = Path(document["request"]["video"]).name
    document["versions"] = list(document["versions"])
    same_json("export/annotated.json", document, loose=LOOSE)
    files = sorted(path.name for path in exported.parent.glob("annotated*"))
    same_text("export/files.txt", "\n".join(files))


def test_export_writes_the_rows_it_wrote(exported: Path) -> None:
    with exported.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        rows = [
            {name: float(text) if "." in text else text for name, text in row.items()}
            for row in csv.DictReader(file)
        ]
    same_json("export/annotated.csv.json", rows, loose=LOOSE)
