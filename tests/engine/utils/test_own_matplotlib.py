from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

MODULES = (
    "engine.export.style",
    "engine.export.timeline_picture",
    "engine.bias.picture",
    "engine.study.report_picture",
)


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_settings_of_the_working_folder_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "matplotlibrc")
    exists = os.path.exists
    code = (
        f"import os; was = os.path.exists; import {', '.join(MODULES)}; import matplotlib; "
        "assert os.path.exists is was"
    )
    root = Path(__file__).parents[3]
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert os.path.exists is exists


def test_every_import_of_matplotlib_comes_after_it() -> None:
    root = Path(__file__).parents[3]
    for place in ("engine", "gui", "inspector"):
        for path in (root / place).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            found = re.search(r"^(import|from) matplotlib", text, re.MULTILINE)
            if found and path.name != "own_matplotlib.py":
                before = text.find("import engine.utils.own_matplotlib")
                assert 0 < before < found.start(), path
