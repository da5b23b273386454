"""A finished analysis in a few lines, beside its analysis.json: lists are made without arrays."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.evidence.evidence import Verdict
from engine.store.analysis import DOCUMENT
from engine.store.document import (
    finite,
    header_from_dict,
    read_document,
    request_to_plain,
    short,
    windows_from_list,
)
from engine.store.explained_windows import ExplainedWindows
from engine.store.window_evidence import evidence_from_list
from engine.types import Request
from engine.utils.atomic import atomic_file
from engine.utils.bounded_files import read_bounded
from engine.utils.schema import Share, convert, parse_json, to_plain

SUMMARY = "summary.json"

_MOST_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class AnalysisSummary:
    """What an analysis is of, and what it found.

    Attributes
    ----------
    request : Request
        What was asked for.
    content : str
        Of the video (`engine.video.content_hash.content_id`), empty if unknown.
    size : (int, int)
        Width and height of the video in pixels.
    model : str
        Name of the model.
    labels : tuple of str
        Classes explained, in the order of their first window.
    against : str or None
        Class that they are held against.
    start, stop : int
        First frame, and the frame after the last.
    windows : int
        How many were explained.
    made_s : float
        When it was finished, in seconds since 1970.
    share : float or None
        Share of movement in the evidence, 0 to 1; None where it was not measured or not told.
    verdict : str or None
        See `engine.evidence.Evidence`; None where nothing was measured.
    name : str
        Given by the user, or empty.
    """

    request: Request
    content: str
    size: tuple[int, int]
    model: str
    labels: tuple[str, ...]
    against: str | None
    start: int
    stop: int
    windows: int
    made_s: float
    share: Share | None = None
    verdict: Verdict | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Stored:
    """A summary as its file has it, with size and time of the analysis.json that it is of."""

    summary: AnalysisSummary
    document: tuple[int, int]


def summary_of(explained: ExplainedWindows, made_s: float) -> AnalysisSummary:
    """Return the summary of a finished analysis."""
    header, whole = explained.header, explained.clip_evidence()
    spec, against = header.spec, header.request.against
    targets = dict.fromkeys(window.target for window in explained.windows)
    return AnalysisSummary(
        request=header.request,
        content=header.content,
        size=header.size,
        model=spec.name,
        labels=tuple(spec.label(target) for target in targets),
        against=spec.label(against) if isinstance(against, int) else against,
        start=header.start,
        stop=header.stop,
        windows=len(explained.windows),
        made_s=made_s,
        share=None if whole is None or not whole.is_told else finite(whole.share),
        verdict=None if whole is None else whole.verdict,
    )


def kept_summary(folder: Path) -> AnalysisSummary | None:
    """Return the summary in its file, or None where there is none of the finished analysis."""
    try:
        stamp = _stamp(folder / DOCUMENT)
    except OSError:
        return None
    stored = _stored(folder)
    return stored.summary if stored is not None and stored.document == stamp else None


def read_summary(folder: Path) -> AnalysisSummary:
    """Return the summary of a finished analysis: from its file, or made of analysis.json.

    Raises
    ------
    EngineError
        If the folder does not hold a complete analysis.
    """
    kept = kept_summary(folder)
    if kept is not None:
        return kept
    try:
        made, stored = _made_of(folder), _stored(folder)
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        raise EngineError(
            f"{folder} does not hold a complete analysis: {short(error)}.",
            "Explain the video again.",
        ) from error
    return made if stored is None else replace(made, name=stored.summary.name)


def write_summary(folder: Path, summary: AnalysisSummary) -> None:
    """Write the summary of the analysis in a folder.

    Raises
    ------
    OSError
        If it cannot be written, or there is no finished analysis.
    """
    values = {"summary": summary_to_plain(summary), "document": _stamp(folder / DOCUMENT)}
    with atomic_file(folder / SUMMARY) as partial:
        partial.write_text(json.dumps(values, allow_nan=False) + "\n", encoding="utf-8")


def summary_to_plain(summary: AnalysisSummary) -> dict[str, Any]:
    """Return a summary as values that JSON can hold."""
    plain: dict[str, Any] = to_plain(summary)
    return plain | {"request": request_to_plain(summary.request)}


def _stored(folder: Path) -> _Stored | None:
    """Return what the file of a summary holds, or None if it is missing or damaged."""
    try:
        return convert(parse_json(read_bounded(folder / SUMMARY, _MOST_BYTES)), _Stored)
    except (OSError, ValueError):
        return None


def _made_of(folder: Path) -> AnalysisSummary:
    """Return the summary of an analysis.json. Scores and steps, which are arrays, stay unread."""
    document = read_document(folder / DOCUMENT)
    header, entries = header_from_dict(document), document["windows"]
    classes = len(header.spec.labels)
    logits = np.zeros((len(entries), classes), np.float32)
    steps = np.broadcast_to(np.float64(math.nan), (len(entries), 4, classes))
    windows = windows_from_list(entries, logits, header.start)
    evidence = evidence_from_list(entries, steps)
    made_s = (folder / DOCUMENT).stat().st_mtime
    return summary_of(ExplainedWindows(header, windows, evidence), made_s)


def _stamp(document: Path) -> tuple[int, int]:
    facts = os.stat(document)
    return facts.st_size, facts.st_mtime_ns
