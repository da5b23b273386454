"""The page of a bias report: one HTML file that needs nothing else, beside its tables."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment

from engine.bias.measure import BiasClip
from engine.bias.picture import MOST_CLASSES, write_picture
from engine.bias.summary import BiasSummary, summarise
from engine.bias.tables import write_classes, write_clips
from engine.export.whole_file import whole_file
from engine.metrics import Interval
from engine.utils.printable import printable
from resources import resource_bytes

CLASSES_FILE = "bias.csv"
CLIPS_FILE = "clips.csv"
PICTURE_FILE = "bias.png"
PAGE_FILE = "bias.html"


@dataclass(frozen=True, slots=True)
class ReportText:
    """Texts of a report besides its figures.

    Attributes
    ----------
    title : str
        Above everything.
    settings : tuple of (str, str)
        Names and values of the settings behind the figures.
    notes : tuple of str
        Warnings: videos that could not be read, or that are unlike the training data.
    """

    title: str
    settings: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def write_report(clips: Sequence[BiasClip], text: ReportText, folder: Path) -> BiasSummary:
    """Write tables, picture and page.

    Parameters
    ----------
    clips : sequence of BiasClip
        At least one.
    text : ReportText
    folder : Path
        Exists.

    Returns
    -------
    BiasSummary
        What the report says.

    Raises
    ------
    ExportError
        If a file cannot be written.
    """
    summary = summarise(clips)
    write_clips(clips, folder / CLIPS_FILE)
    write_classes(summary, folder / CLASSES_FILE)
    write_picture(summary, clips, text.title, folder / PICTURE_FILE)
    picture = base64.b64encode((folder / PICTURE_FILE).read_bytes()).decode("ascii")
    with whole_file(folder / PAGE_FILE) as partial:
        partial.write_text(_page(summary, text, picture), encoding="utf-8")
    return summary


def agreement_sentence(summary: BiasSummary) -> str:
    """Return a sentence on the rank agreement of the changing share and loss by freezing."""
    correlation = summary.clip_agreement
    if not math.isfinite(correlation.value):
        return "Too few clips, or all alike: agreement with the freeze test cannot be told."
    sure = correlation.low > 0 or correlation.high < 0
    meaning = (
        "clips of larger changing share lose more when they are frozen, as they should"
        if correlation.value > 0 and sure
        else "clips of larger changing share lose less when they are frozen: trust the evidence"
        if correlation.value < 0 and sure
        else "no agreement can be told from so few clips; trust the evidence"
    )
    return f"Rank agreement of the maps over clips {signed(correlation)}: {meaning}."


def signed(interval: Interval) -> str:
    """Return a correlation with its interval, as text."""
    return f"{interval.value:+.2f} (95 % interval {interval.low:+.2f} to {interval.high:+.2f})"


def _shown(value: object) -> object:
    return printable(value) if type(value) is str else value  # not what is HTML already


def _page(summary: BiasSummary, text: ReportText, picture: str) -> str:
    environment = Environment(autoescape=True, trim_blocks=True, finalize=_shown)
    environment.tests["finite"] = math.isfinite
    template = environment.from_string(resource_bytes("bias-report.html").decode("utf-8"))
    classes = summary.class_agreement
    return template.render(
        title=text.title,
        notes=text.notes,
        settings=text.settings,
        summary=summary,
        agreement=agreement_sentence(summary),
        class_agreement=signed(classes) if math.isfinite(classes.value) else None,
        picture=picture,
        most_classes=MOST_CLASSES,
        classes_file=CLASSES_FILE,
        clips_file=CLIPS_FILE,
    )
