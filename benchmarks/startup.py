"""Time from the start of a process to the first paint of the window, of one checkout or several.

    python -m benchmarks.startup [CHECKOUT ...] [--starts 11]

The checkouts take turns, so that a busy machine hits them alike.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_START = """
import os, sys, time
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

class FirstPaint(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            print(time.time(), "torch" in sys.modules, flush=True)
            os._exit(0)
        return False

application, first = QApplication([]), FirstPaint()
application.installEventFilter(first)
from inspector import app
app.run_window(None)
"""


def first_paint_s(checkout: Path, home: Path) -> float:
    """Return the seconds from the start of a process to its first paint."""
    places = {name: str(home) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    environment = os.environ | places | {"QT_QPA_PLATFORM": "offscreen"}
    environment["PYTHONPATH"] = str(checkout)
    began = time.time()
    command = [sys.executable, "-c", _START]
    run = subprocess.run(
        command, env=environment, cwd=checkout, capture_output=True, text=True, check=True
    )
    painted, loads_torch = run.stdout.split()[-2:]
    if loads_torch == "True":
        raise RuntimeError(f"{checkout} loads torch before the first window")
    return float(painted) - began


def main() -> None:
    """Print the median start of each checkout, and the ratios to the first."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("checkouts", nargs="*", type=Path, default=[Path.cwd()])
    parser.add_argument("--starts", type=int, default=11)
    options = parser.parse_args()
    checkouts = [path.resolve() for path in options.checkouts]
    times: dict[Path, list[float]] = {path: [] for path in checkouts}
    with tempfile.TemporaryDirectory() as home:
        for turn in range(options.starts + 1):  # the first fills the caches of bytecode and files
            for path in checkouts:
                took_s = first_paint_s(path, Path(home))
                if turn:
                    times[path].append(took_s)
    first = statistics.median(times[checkouts[0]])
    for path, starts in times.items():
        median = statistics.median(starts)
        extremes = f"{min(starts):.3f} to {max(starts):.3f}"
        print(f"{path}: {median:.3f} s ({extremes}), ratio {median / first:.2f}")


if __name__ == "__main__":
    main()
