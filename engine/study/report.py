"""The report of a study: one HTML file that needs nothing else, with a CSV and a PNG beside it."""

from __future__ import annotations

import base64
import csv
import io
import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment
from PIL import Image

from engine.errors import EngineError
from engine.export.whole_file import listed_file
from engine.metrics import Interval
from engine.study.archives import video_of
from engine.study.place import CLIPS, Place
from engine.study.plan import Plan
from engine.study.report_picture import MOST_CLASSES, write_picture
from engine.study.settings import load_study
from engine.study.summary import (
    BITS,
    VERDICTS,
    Cells,
    Group,
    StudySummary,
    balance,
    read_clips,
    summarise,
    telling,
)
from engine.utils.printable import printable, text_cell
from engine.video import open_video
from resources import resource_bytes

PAGE, CLASSES, PICTURE = "report.html", "classes.csv", "report.png"
REPORT_FILES = (PAGE, CLASSES, PICTURE)

MOST_ROWS = 10_000
"""Clips in the table of the page: the first ones, and all with an error up to as many."""

_TELLING = 12
_WIDTH = 160
_COLUMNS = (
    "class", "clips", "failed", "right", *VERDICTS,
    "share", "share_low", "share_high",
    *(f"{bits}{end}" for bits in BITS for end in ("", "_low", "_high")),
    "freeze_loss", "freeze_loss_low", "freeze_loss_high",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """A clip with its picture: a data address, "" where it cannot be had."""

    row: Cells
    picture: str
    command: str
    balance: float


def write_report(place: Place, *, overwrite: bool = False) -> StudySummary:
    """Write the report of a study whose tables are written.

    Parameters
    ----------
    place : Place
    overwrite : bool
        Whether files that the program did not write may be replaced.

    Raises
    ------
    EngineError
        If a file cannot be written.
    """
    rows, plan = read_clips(place.folder / CLIPS), Plan(place.plan)
    summary = summarise(rows)
    with listed_file(place.folder / CLASSES, overwrite=overwrite) as partial:
        _write_classes(summary, partial)
    with listed_file(place.folder / PICTURE, overwrite=overwrite) as partial:
        write_picture(summary, partial)
        picture = io.BytesIO()
        with Image.open(partial) as image:
            image.save(picture, "PNG")
    both = [[_shown(row, plan) for row in group] for group in telling(rows, _TELLING)]
    page = _page(place, summary, rows, both, _address(picture.getvalue(), "png"))
    with listed_file(place.folder / PAGE, overwrite=overwrite) as partial:
        partial.write_text(page, encoding="utf-8", errors="backslashreplace")
    return summary


def _write_classes(summary: StudySummary, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        writer.writerows(_cells(one) for one in (*summary.classes, summary.whole))


def _cells(one: Group) -> list[str]:
    intervals = (one.share, *one.bits, one.lost)
    numbers = [end for interval in intervals for end in _ends(interval)]
    counts = [str(count) for count in (one.clips, one.failed)]
    return [
        text_cell(one.name), *counts, _number(one.right), *map(str, one.verdicts),
        *map(_number, numbers),
    ]  # fmt: skip


def _ends(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high


def _number(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""


def _shown(row: Cells, plan: Plan) -> Shown:
    command = shlex.join(["motion-inspector", "open", printable(str(row["path"]))])
    return Shown(row, _thumbnail(row, plan), command, balance(row))


def _thumbnail(row: Cells, plan: Plan) -> str:
    """Return the middle frame of a clip, small, or "" where it cannot be read any more."""
    planned = plan[int(row["clip"])]
    try:
        with video_of(planned) as path, open_video(path) as video:
            start, stop = planned.frames(len(video)) or (0, len(video))
            image = Image.fromarray(video[min((start + stop) // 2, len(video) - 1)])
    except EngineError:
        return ""
    image.thumbnail((_WIDTH, _WIDTH))
    raw = io.BytesIO()
    image.save(raw, "JPEG", quality=80)
    return _address(raw.getvalue(), "jpeg")


def _address(raw: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(raw).decode('ascii')}"


def _page(
    place: Place,
    summary: StudySummary,
    rows: Sequence[Cells],
    both: Sequence[Sequence[Shown]],
    picture: str,
) -> str:
    environment = Environment(autoescape=True, trim_blocks=True, finalize=_printable)
    environment.tests["finite"] = lambda value: value is not None and math.isfinite(value)
    template = environment.from_string(resource_bytes("study-report.html").decode("utf-8"))
    failed = [row for row in rows if row["error"]]
    request = load_study(place).settings.request
    return template.render(
        title=f"Motion or scenery? {Path(request.model).stem} on {len(rows)} clips",
        source=str(request.video),
        summary=summary,
        verdicts=VERDICTS,
        telling=both,
        rows=rows[:MOST_ROWS],
        failed=failed[:MOST_ROWS],
        count=len(rows),
        picture=picture,
        most_classes=MOST_CLASSES,
    )


def _printable(value: Any) -> Any:
    return printable(value) if type(value) is str else value  # not what is HTML already
