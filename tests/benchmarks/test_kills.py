"""A few rounds of `benchmarks.kills`: a killed writer leaves the old or the new."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.kill_works import inputs
from benchmarks.kills import kill_rounds

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with inputs(tmp_path_factory.mktemp("given")) as folder:
        yield folder


@pytest.mark.slow
@pytest.mark.parametrize("what", ["folder", "session", "cache", "download", "export", "explain"])
def test_killed_writers_leave_old_or_new(what: str, given: Path, tmp_path: Path) -> None:
    outcome = kill_rounds(what, 4, given, tmp_path)
    assert not outcome.wrong
    assert outcome.old + outcome.new + outcome.between == 4
