"""The page of a bias report: one HTML file that needs nothing else, beside its tables."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from engine.bias.measure import BiasClip
from engine.bias.picture import MOST_CLASSES, write_picture
from engine.bias.summary import BiasSummary, ClassBias, summarise
from engine.bias.tables import write_classes, write_clips
from engine.export.whole_file import whole_file
from engine.metrics import Interval

CLASSES_FILE = "bias.csv"
CLIPS_FILE = "clips.csv"
PICTURE_FILE = "bias.png"
PAGE_FILE = "bias.html"


@dataclass(frozen=True, slots=True)
class ReportText:
    """What a report says besides its figures.

    Attributes
    ----------
    title : str
        Above everything.
    settings : tuple of (str, str)
        Name and value of what decided the figures.
    notes : tuple of str
        What a reader has to know: videos that could not be read, a model far from home.
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
    """Whether motion share and the loss by freezing put clips in the same order, in words."""
    found = summary.clip_agreement
    if not math.isfinite(found.value):
        return "Too few clips, or all alike: agreement with the freeze test cannot be told."
    sure = found.low > 0 or found.high < 0
    meaning = (
        "clips with more motion share lose more when they are frozen, as they should"
        if found.value > 0 and sure
        else "clips with more motion share lose less when they are frozen: trust the freeze test"
        if found.value < 0 and sure
        else "no agreement can be told from so few clips; trust the freeze test"
    )
    return f"Rank agreement over clips {signed(found)}: {meaning}."


def signed(found: Interval) -> str:
    """A correlation with its interval."""
    return f"{found.value:+.2f} (95 % interval {found.low:+.2f} to {found.high:+.2f})"


def _page(summary: BiasSummary, text: ReportText, picture: str) -> str:
    notes = "".join(f"<p class='note'>{escape(note)}</p>" for note in text.notes)
    settings = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in text.settings
    )
    rows = "".join(_row(one) for one in summary.classes)
    more = len(summary.classes) - MOST_CLASSES
    cut = f"<p>The picture shows {MOST_CLASSES} of {len(summary.classes)} classes.</p>" * (more > 0)
    classes = summary.class_agreement
    over_classes = (
        f"<p>Over classes: {signed(classes)}.</p>" if math.isfinite(classes.value) else ""
    )
    return _HTML.format(
        title=escape(text.title),
        notes=notes,
        share=_percent(summary.overall.motion_share),
        drop=_percent(summary.overall.freeze_drop),
        agreement=escape(agreement_sentence(summary)) + over_classes,
        picture=picture,
        cut=cut,
        rows=rows + _row(summary.overall, "total"),
        settings=settings,
        classes_file=CLASSES_FILE,
        clips_file=CLIPS_FILE,
    )


def _row(one: ClassBias, kind: str = "") -> str:
    spread = f"{one.spread:.1%}" if math.isfinite(one.spread) else "–"
    cells = [
        f"{one.clips}", f"{one.right:.0%}", _percent(one.motion_share), spread,
        f"{one.probability:.0%}", _percent(one.freeze_drop), _percent(one.shuffle_drop),
        _percent(one.reverse_drop),
    ]  # fmt: skip
    numbers = "".join(f"<td>{cell}</td>" for cell in cells)
    return f"<tr class='{kind}'><th scope='row'>{escape(one.label)}</th>{numbers}</tr>"


def _percent(found: Interval) -> str:
    if not math.isfinite(found.value):
        return "–"
    return f"{found.value:.1%} <small>{found.low:.0%} … {found.high:.0%}</small>"


_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: dark; }}
body {{ background: #16181d; color: #e8e8ea; font: 15px/1.5 system-ui, sans-serif;
  max-width: 68rem; margin: 2rem auto; padding: 0 1.2rem; }}
h1 {{ font-size: 1.5rem; }} h2 {{ font-size: 1.1rem; margin-top: 2rem; }}
.figures {{ display: flex; flex-wrap: wrap; gap: 2.5rem; margin: 1.2rem 0; }}
.figures div {{ font-size: 1.7rem; color: #F0A500; }}
.figures span {{ display: block; font-size: .85rem; color: #b9bcc4; }}
.note {{ border-left: 4px solid #F0A500; padding: .3rem .8rem; background: #22252c; }}
img {{ width: 100%; height: auto; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .3rem .6rem; text-align: right; border-bottom: 1px solid #3a3e47;
  white-space: nowrap; }}
th:first-child {{ text-align: left; font-weight: 600; }}
thead th {{ color: #b9bcc4; font-weight: 500; white-space: normal; vertical-align: bottom; }}
tr.total th, tr.total td {{ border-top: 2px solid #8b8f98; }}
small {{ color: #b9bcc4; }}
dl {{ display: grid; grid-template-columns: max-content auto; gap: .2rem 1.2rem; }}
dt {{ color: #b9bcc4; }} dd {{ margin: 0; }}
a {{ color: #4CA3DD; }}
</style>
</head>
<body>
<h1>{title}</h1>
{notes}
<div class="figures">
<div>{share}<span>motion share of the relevance</span></div>
<div>{drop}<span>of the class's probability lost when the clip is frozen</span></div>
</div>
<p>{agreement}</p>
<img src="data:image/png;base64,{picture}"
  alt="Motion share of every clip by class, and loss when frozen, shuffled, reversed">
{cut}
<h2>By class, lowest motion share first</h2>
<div class="wide">
<table>
<thead><tr><th>class</th><th>clips</th><th>named right</th><th>motion share, mean</th>
<th>standard deviation</th><th>probability</th><th>lost when frozen</th>
<th>lost when shuffled</th><th>lost when reversed</th></tr></thead>
<tbody>{rows}</tbody>
</table>
</div>
<p>Small figures are 95 % intervals over clips.
Tables: <a href="{classes_file}">{classes_file}</a>, <a href="{clips_file}">{clips_file}</a>.</p>
<h2>How to read this</h2>
<p>The <b>motion share</b> is the part of the relevance that changes over time where it lies; the
rest is owed to what stays: scenery, clothes, things. It is a property of the explanation. The
<b>losses</b> are facts about the model: its answer for the same clip with its middle frame
repeated, with its frames in random order, and backwards. A class with a low motion share that
loses little when frozen is recognised by its looks. Where the two disagree, believe the losses.</p>
<h2>Settings</h2>
<dl>{settings}</dl>
</body>
</html>
"""
