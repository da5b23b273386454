"""How long the window stands still while torch is imported, and while the first clip is explained.

``python -m benchmarks.first_import [runs]``: each run is a program of its own with the real window
and a heartbeat every 5 ms in its thread. Printed are the longest times between two beats: with
the window idle, which is what the machine's other work does; during the import of torch; and, in
another program, from a video opened and explained at once, which imports it too, to the first
window.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from gui.main_window.window import MainWindow
from gui.theme.theme import apply_theme
from inspector.app import make_window
from resources import resource_path

_RUNS = 5
_BEAT_MS = 5
_IDLE_S = 1.0
_MOST_S = 120.0
_NAMES = "idle", "first import", "idle", "opening, first import, explaining"


class _Heart:
    """Remembers the longest time between two beats."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now


def main() -> None:
    """Run the programs, and print the median and the longest of each figure."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else _RUNS
    found = [_in_program() for _ in range(runs)]
    for name, times in zip(_NAMES, zip(*found, strict=True), strict=True):
        middle, longest = statistics.median(times), max(times)
        print(f"{name}: {middle:.0f} ms median, {longest:.0f} ms at most of {runs}")


def _in_program() -> tuple[float, ...]:
    times: list[float] = []
    for explaining in (False, True):
        code = f"from benchmarks.first_import import measure; measure({explaining})"
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        times += map(float, run.stdout.split()[-2:])
    return tuple(times)


def measure(explaining: bool) -> None:
    """Print two times in milliseconds, of this program, which has not imported torch yet."""
    application = QApplication(sys.argv[:1])
    apply_theme(application)
    with tempfile.TemporaryDirectory() as folder, resource_path("demo.mp4") as clip:
        os.environ["MOTION_INSPECTOR_CACHE"] = folder
        window = make_window()
        window.show()
        idle, busy = _times(window, Path(clip) if explaining else None, application)
        print(f"{1e3 * idle:.1f} {1e3 * busy:.1f}")
        window.close()


def _times(window: MainWindow, clip: Path | None, application: QApplication) -> tuple[float, float]:
    _for(application, _IDLE_S)
    heart = _Heart()
    _for(application, _IDLE_S)
    idle, heart = heart.longest_s, _Heart()
    assert "torch" not in sys.modules
    explain = window.explain
    if clip is None:
        explain.load_labels()
        _until(application, lambda: explain.panel.target.count() > 1)
    else:
        window.open_video(clip, explain=True)
        _until(application, lambda: explain.analysis is not None and bool(explain.analysis.windows))
    return idle, heart.longest_s


def _until(application: QApplication, done: Callable[[], bool]) -> None:
    end = time.perf_counter() + _MOST_S
    while not done():
        if time.perf_counter() > end:
            raise TimeoutError("the window has not come so far")
        application.processEvents()
        time.sleep(0.001)


def _for(application: QApplication, seconds: float) -> None:
    end = time.perf_counter() + seconds
    _until(application, lambda: time.perf_counter() > end)


if __name__ == "__main__":
    main()
