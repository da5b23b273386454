"""A few kills of `benchmarks.study_kills`: what is resumed is what an undisturbed run gives."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.study_kills import Studies, kill_study

pytest.importorskip("pyarrow", reason="pyarrow of the extra study is missing")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks for workers in /proc")


@pytest.mark.slow
def test_killed_studies_are_resumed_to_the_same_tables(tmp_path: Path) -> None:
    outcome = kill_study(Studies(tmp_path, 24), 3)
    assert not outcome.wrong
