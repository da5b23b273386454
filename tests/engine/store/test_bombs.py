from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.store.analyses import filled
from tests.golden.keeping import KEPT

pytest.importorskip("resource", reason="Windows sets no limits of memory")


@pytest.mark.parametrize("when", ["earlier", "now"])
def test_bombs_are_refused_in_little_memory(tmp_path: Path, when: str) -> None:
    from tests.engine.store.bombs import BOMBS

    valid = tmp_path / "saved"
    if when == "earlier":
        shutil.copytree(KEPT / "analysis" / "saved", valid)
    else:
        filled(tmp_path / "work", steps=40).save(valid, preset="recommended", sigma=1.0)
    program = (sys.executable, "-m", "tests.engine.store.bombs", valid)
    done = subprocess.run(program, capture_output=True, text=True, timeout=120)
    told = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert told == {"nothing": "read"} | dict.fromkeys(BOMBS, "refused"), done.stderr
