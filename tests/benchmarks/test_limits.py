from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.limits import CASES, Case, fault, tried


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of Linux")
@pytest.mark.parametrize("name", ["output to a full disk", "reader leaves"])
def test_command_ends_as_it_should(name: str, tmp_path: Path) -> None:
    code, text, _ = tried(CASES[name], tmp_path)
    assert fault(CASES[name], code, text) == ""


@pytest.mark.parametrize(
    ("code", "text", "wrong"),
    [
        (1, "No room.", ""),
        (0, "No room.", "code 0: No room."),
        (1, "Bad luck.", "said: Bad luck."),
        (1, "Traceback\nNo room.", "No room."),
        (1, "Internal error: No room.", "Internal error: No room."),
    ],
)
def test_fault_tells_wrong_endings(code: int, text: str, wrong: str) -> None:
    assert fault(Case("models", (1,), "No room"), code, text) == wrong
