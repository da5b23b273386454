"""Analyses of the video that is open, as a list: each with what it is of and what it found. No Qt.

A list does not hold analyses open. Most of them lie in the cache.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.descriptions import MethodInfo
from engine.store import Analysis
from engine.store.analysis import Place
from engine.store.summary import AnalysisSummary, summary_of
from gui.state.subject import classes_text, frames_text, method_title

_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Result:
    """A finished analysis of a list.

    Attributes
    ----------
    folder : Path
        Where it lives, by which it is known.
    summary : AnalysisSummary
        With the name that the user gave it.
    place : str
        As `Analysis.place`.
    is_here : bool
        False for one of a session that is not in its place any more.
    """

    folder: Path
    summary: AnalysisSummary
    place: Place = "cache"
    is_here: bool = True


@dataclass(frozen=True, slots=True)
class ResultList:
    """Results, each folder once, the newest first."""

    results: tuple[Result, ...] = ()

    def get(self, folder: Path) -> Result | None:
        """Return the result that lives in a folder, if there is one."""
        return next((each for each in self.results if each.folder == folder), None)

    def joined(self, more: Iterable[Result]) -> ResultList:
        """Return the list with others, in place of those in the same folders."""
        found = {each.folder: each for each in (*self.results, *more)}
        return ResultList(tuple(sorted(found.values(), key=lambda each: -each.summary.made_s)))

    def without(self, folder: Path) -> ResultList:
        """Return the list without a result."""
        return ResultList(tuple(each for each in self.results if each.folder != folder))

    def renamed(self, folder: Path, name: str) -> ResultList:
        """Return the list with another name of a result, or its usual one for ""."""
        return ResultList(
            tuple(
                replace(each, summary=replace(each.summary, name=name))
                if each.folder == folder
                else each
                for each in self.results
            )
        )


def result_of(analysis: Analysis, made_s: float) -> Result:
    """Return a finished analysis as a result."""
    return Result(analysis.folder, summary_of(analysis, made_s), analysis.place)


def usual_title(summary: AnalysisSummary, methods: Mapping[str, MethodInfo]) -> str:
    """Return method and classes: 'LRP of "walk"'."""
    method = method_title(summary.request.method, methods)
    return f"{method} of {classes_text(summary.labels, summary.against, most=1)}"


def title_of(summary: AnalysisSummary, methods: Mapping[str, MethodInfo]) -> str:
    """Return the name that the user gave, or the usual title."""
    return summary.name or usual_title(summary, methods)


def about_text(summary: AnalysisSummary, methods: Mapping[str, MethodInfo], now_s: float) -> str:
    """Return what the title does not say: "frames 0-47, figures, 14:03"."""
    named = usual_title(summary, methods) if summary.name else ""
    frames = frames_text(summary.start, summary.stop - 1)
    about = named, frames, summary.model, time_text(summary.made_s, now_s)
    return ", ".join(filter(None, about))


def share_text(summary: AnalysisSummary) -> str:
    """Return the share of movement, the verdict where there is none, or "" without evidence."""
    if summary.share is not None:
        return f"{summary.share:.0%}"
    return summary.verdict or ""


def verdict_text(summary: AnalysisSummary) -> str:
    """Return verdict and share: "Mixed: 40% of the evidence is movement"."""
    if summary.verdict is None:
        return "Made without evidence: no verdict"
    verdict = summary.verdict.capitalize()
    if summary.share is None:
        return verdict
    return f"{verdict}: {summary.share:.0%} of the evidence is movement"


def time_text(then_s: float, now_s: float) -> str:
    """Return a time of today as "14:03", an earlier one as "2026-11-30 14:03"."""
    then, now = time.localtime(then_s), time.localtime(now_s)
    is_today = then[:3] == now[:3] and abs(now_s - then_s) < _DAY_S
    return time.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M", then)
