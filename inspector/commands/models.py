"""Models and the checks of their cards, for the terminal. Never imports Qt."""

from __future__ import annotations

from pathlib import Path

from engine.errors import ModelError
from engine.models import known_models
from engine.types import CardReport, ModelInfo
from engine.utils.hints import closest


def model_text(name: str) -> str:
    """What is known of a model before anything is loaded or downloaded.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    known = known_models()
    if name not in known:
        raise ModelError(f"There is no model {name!r}.", closest(name, known))
    info = known[name]
    rows = [("", info.summary), ("Accuracy", info.accuracy), ("Licence", info.licence)]
    rows.append(("Download", _download(info)))
    lines = [f"{title + ':' if title else '':10}{text}" for title, text in rows if text]
    return "\n".join([f"{info.name}: {info.title}", *lines])


def check_report(name: str, video: Path, start: int) -> CardReport:
    """Check a card, or a model of the catalogue, on a video.

    Raises
    ------
    EngineError
        If the card cannot be read, or its code is not trusted.
    """
    from engine.model_check import check_card  # here: it imports torch
    from engine.models.load import card_of

    return check_card(card_of(name), video, start)


def report_text(report: CardReport) -> str:
    """Findings as a table, the top classes, and what it comes to."""
    lines = [
        f"{found.level.upper():4}  {found.check:10}  {found.text}" for found in report.findings
    ]
    if report.top:
        top = ", ".join(f"{label} {chance:.1%}" for label, chance in report.top)
        lines.append(f"Top classes: {top}")
    levels = [found.level for found in report.findings]
    failed, doubtful = levels.count("fail"), levels.count("warn")
    lines.append(f"{failed} failed, {doubtful} to look at, of {len(levels)}.")
    return "\n".join(lines)


def _download(info: ModelInfo) -> str:
    if info.bundled:
        return "nothing, it is bundled"
    return f"{info.download_mb:.1f} MB, once" if info.download_mb is not None else ""
