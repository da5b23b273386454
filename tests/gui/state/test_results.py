from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.attribution import METHODS
from engine.evidence.evidence import Verdict
from engine.store.summary import AnalysisSummary, summary_of
from gui.state.results import (
    Result,
    ResultList,
    about_text,
    share_text,
    time_text,
    title_of,
    verdict_text,
)
from tests.engine.store.analyses import filled

NOON_S = 1_700_000_000.0
A, B = Path("a"), Path("b")


@pytest.fixture(scope="module")
def summary() -> AnalysisSummary:
    analysis = filled(None)
    made = replace(summary_of(analysis, NOON_S), labels=("walk", "run"), against=None)
    analysis.close()
    return made


def result(summary: AnalysisSummary, folder: Path, made_s: float) -> Result:
    return Result(folder, replace(summary, made_s=made_s))


def test_list_has_each_folder_once_the_newest_first(summary: AnalysisSummary) -> None:
    old, new = result(summary, A, 1), result(summary, B, 2)
    results = ResultList().joined([old, new])
    assert [each.folder for each in results.results] == [B, A]
    assert results.joined([result(summary, A, 3)]).results[0].folder == A
    assert results.without(A).results == (new,)
    assert results.get(A) is old
    assert results.without(A).get(A) is None


def test_list_renames_one(summary: AnalysisSummary) -> None:
    results = ResultList().joined([result(summary, A, 1), result(summary, B, 2)])
    assert [each.summary.name for each in results.renamed(A, "mine").results] == ["", "mine"]


def test_title_of_a_named_result_leaves_what_it_is_of_to_the_second_line(
    summary: AnalysisSummary,
) -> None:
    usual = 'LRP of "walk" and 1 more'
    assert title_of(summary, METHODS) == usual
    assert about_text(summary, METHODS, NOON_S).startswith("frames 0-20, tiny, ")
    named = replace(summary, name="mine")
    assert title_of(named, METHODS) == "mine"
    assert about_text(named, METHODS, NOON_S).startswith(f"{usual}, frames 0-20")


@pytest.mark.parametrize(
    ("verdict", "share", "short", "long"),
    [
        (None, None, "", "Made without evidence: no verdict"),
        ("cannot tell", None, "cannot tell", "Cannot tell"),
        ("mixed", 0.4, "40%", "Mixed: 40% of the evidence is movement"),
    ],
)
def test_share_and_verdict_in_words(
    summary: AnalysisSummary, verdict: Verdict | None, share: float | None, short: str, long: str
) -> None:
    found = replace(summary, verdict=verdict, share=share)
    assert (share_text(found), verdict_text(found)) == (short, long)


def test_time_text_has_a_date_for_other_days() -> None:
    assert len(time_text(NOON_S, NOON_S + 1)) == len("14:03")
    assert len(time_text(NOON_S, NOON_S + 200_000)) == len("2026-11-30 14:03")
