from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.store import DOCUMENT, Analysis
from engine.store.summary import (
    SUMMARY,
    AnalysisSummary,
    kept_summary,
    read_summary,
    summary_of,
    write_summary,
)
from tests.engine.store.analyses import evidence_of, filled, header_of, noise, window_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A saved analysis of two windows with evidence, and one that crosses a cut."""
    header = replace(header_of(16), content="1-ab")
    analysis = Analysis.create(header)
    found = [evidence_of(1.0, 0.5, 8.5, "movement"), evidence_of(4.0, 0.5, 0.5, "one picture")]
    for first, one in zip((0, 8), found, strict=True):
        window = replace(window_of(header, first), cuts=(10,) if first else ())
        analysis.append([window], noise(8, first), [one])
    analysis.save(tmp_path / "saved", preset="recommended", sigma=1.0)
    analysis.close()
    return tmp_path / "saved"


def test_summary_of_a_file_is_that_of_the_analysis(folder: Path) -> None:
    analysis = Analysis.open(folder)
    whole = analysis.clip_evidence()
    read = read_summary(folder)
    request = replace(read.request, video=analysis.header.request.video)
    assert replace(read, request=request) == summary_of(analysis, read.made_s)
    assert whole is not None
    assert read.share == pytest.approx(whole.share)
    assert read.verdict == "movement"
    assert (read.content, read.model, read.windows) == ("1-ab", "tiny", 2)
    assert (read.start, read.stop) == (0, 16)


def test_summary_is_read_without_the_analysis(folder: Path) -> None:
    write_summary(folder, replace(read_summary(folder), name="mine"))
    assert kept_summary(folder) == read_summary(folder)
    (folder / DOCUMENT).write_bytes((folder / DOCUMENT).read_bytes()[::-1])
    os.utime(folder / DOCUMENT, ns=(0, 0))
    assert kept_summary(folder) is None
    with pytest.raises(EngineError, match="cannot be read as an analysis"):
        read_summary(folder)


def test_summary_of_another_analysis_is_made_anew_but_keeps_its_name(folder: Path) -> None:
    write_summary(folder, replace(read_summary(folder), name="mine", windows=9))
    assert read_summary(folder).windows == 9
    os.utime(folder / DOCUMENT, ns=(1, 1))
    read = read_summary(folder)
    assert (read.windows, read.name) == (2, "mine")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"summary": 3}', "\xff"])
def test_summary_that_is_damaged_is_made_anew(folder: Path, text: str) -> None:
    made = read_summary(folder)
    (folder / SUMMARY).write_text(text, encoding="latin-1")
    assert read_summary(folder) == made


def test_summary_of_an_analysis_without_evidence_has_no_share() -> None:
    analysis = filled(None)
    summary = summary_of(analysis, 3.0)
    assert (summary.share, summary.verdict, summary.made_s) == (None, None, 3.0)
    assert isinstance(summary, AnalysisSummary)
    analysis.close()


def test_summary_of_no_analysis_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be read as an analysis"):
        read_summary(tmp_path)
