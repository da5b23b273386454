"""Libraries of torch that are loaded before its import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inspector.backend import shared_libraries

_CODE = """
import gc, sys
from inspector.backend.shared_libraries import load_libraries
from inspector.backend.torch_import import import_torch
load_libraries()
assert "torch" not in sys.modules
import_torch()
assert gc.isenabled() and gc.get_freeze_count() > 100_000
import torch
print(float(torch.ones(3).sum()))
"""


def test_torch_works_after_its_libraries_were_loaded_ahead() -> None:
    run = subprocess.run(
        [sys.executable, "-c", _CODE], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.stdout.strip() == "3.0", run.stderr


def test_libraries_that_cannot_be_loaded_are_left_to_the_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "libtorch.so"
    broken.write_bytes(b"no library")
    monkeypatch.setattr(shared_libraries, "_paths", lambda ending: iter([broken]))
    shared_libraries.load_libraries()


def test_no_library_is_looked_for_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(shared_libraries, "_paths")
    shared_libraries.load_libraries()
