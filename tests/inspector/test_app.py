from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import sys, time
began = time.monotonic()
from PySide6.QtWidgets import QApplication
from gui.theme.theme import apply_theme
from inspector.app import make_window
application = QApplication([])
apply_theme(application)
window = make_window()
window.show()
application.processEvents()
assert window.isVisible()
print("visible after", round(time.monotonic() - began, 2), "s")
heavy = [name for name in ("torch", "torchvision", "zarr", "matplotlib") if name in sys.modules]
window.close()
sys.exit(f"imported too early: {heavy}" if heavy else 0)
"""


def test_first_window_is_shown_before_torch_is_imported() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "visible after" in run.stdout
