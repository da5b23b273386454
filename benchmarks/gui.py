"""Speed of the window: redraws, steps, settings, and the event loop while it explains.

``python -m benchmarks.gui`` prints all figures; run it under an X server (``xvfb-run -a -s
"-screen 0 1920x1200x24"``) for what a user without a GPU sees. Four panes show a 1280x720 video,
each picture 640x360 pixels large.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QTimer, SignalInstance
from PySide6.QtWidgets import QApplication

from benchmarks.video_speed import make_clip
from engine.render import COLOURS
from gui.explain.panel import ExplainPanel
from gui.main_window.window import MainWindow
from gui.theme.theme import apply_theme
from inspector.app import make_window

SIZE = 1280, 720
PICTURE = 640, 360
FRAMES = 500
GOP = 60
STEPS = 150
SETTINGS = 60
HEARTBEAT_MS = 5
WAIT_MS = 60_000


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("MOTION_INSPECTOR_CACHE", folder)
        clip = make_clip(Path(folder) / "clip.mp4", SIZE, GOP, FRAMES)
        application = QApplication(sys.argv[:1])
        apply_theme(application)
        window = make_window()
        try:
            measure(window, clip)
        finally:
            window.close()


def measure(window: MainWindow, clip: Path) -> None:
    """Print all figures for one video."""
    window.show()
    wait_for(window.video_opened, lambda: window.open_video(clip))
    fit(window)
    explain(window, window.panel)
    print(f"panes {window.panes.picture_size()}, {QApplication.platformName()}")
    print_redraws("idle", redraws(window))
    for name, step in (("forward", 1), ("backward", -1)):
        print_times(f"frame step {name}", step_times(window, step))
    state = window.view.state
    changes: dict[str, Callable[[int], None]] = {
        "sigma": lambda turn: window.view.update(sigma=0.5 + turn / 20),
        "opacity": lambda turn: window.view.update(
            heat=replace(state.heat, opacity=0.4 + turn / 200)
        ),
        "colour map": lambda turn: window.view.update(
            heat=replace(state.heat, colours=list(COLOURS)[turn % len(COLOURS)])
        ),
    }
    for name, change in changes.items():
        print_times(f"{name} change", [change_time(window, change, n) for n in range(SETTINGS)])
    while_explaining(window)


def fit(window: MainWindow) -> None:
    """Size the window so that each picture is `PICTURE` large."""
    window.resize(1900, 1100)
    settle()
    for _ in range(3):
        width, height = window.panes.picture_size()
        window.resize(
            window.width() + 2 * (PICTURE[0] - width), window.height() + 2 * (PICTURE[1] - height)
        )
        settle()


def redraws(window: MainWindow, count: int = FRAMES, seconds: float = 5.0) -> float:
    """Return the frames a second that are read, drawn and painted one by one."""
    began, shown = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        frame = (window.view.state.frame + 1) % count
        show_frame(window, frame)
        shown += 1
    return shown / (time.perf_counter() - began)


def show_frame(window: MainWindow, frame: int) -> None:
    """Go to a frame, and return when its pixels are painted."""
    if frame == window.panes.shown_frame:
        return
    wait_for(window.playback.frame_shown, lambda: window.view.go_to(frame))
    painted(window)


def painted(window: MainWindow) -> None:
    """Let Qt paint pending updates, as its event loop would."""
    QCoreApplication.sendPostedEvents(window, QEvent.Type.UpdateRequest)


def step_times(window: MainWindow, step: int) -> list[float]:
    """Return seconds from a request of the next frame until it is painted, at key repeat."""
    start = 20 if step > 0 else 20 + STEPS
    show_frame(window, start)
    times = []
    for number in range(STEPS):
        began = time.perf_counter()
        show_frame(window, start + step * (number + 1))
        times.append(time.perf_counter() - began)
        settle(0.03)
    return times


def change_time(window: MainWindow, change: Callable[[int], None], turn: int) -> float:
    """Return the seconds from a new setting until the panes are painted with it."""
    began = time.perf_counter()
    change(turn)
    painted(window)
    took = time.perf_counter() - began
    settle(0.05)
    return took


class Heartbeat(QObject):
    """Notes how late a short timer is."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._beat)
        self._timer.start(HEARTBEAT_MS)

    def stop(self) -> None:
        """Stop the timer."""
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now


def while_explaining(window: MainWindow) -> None:
    """Print how the window does during a whole run of the engine, and how soon it cancels."""
    window.panel.method.setCurrentIndex(window.panel.method.findData("gradient"))
    heart = Heartbeat()
    explain(window, window.panel)
    heart.stop()
    print_times("event loop blocked, whole run", heart.gaps)
    print(f"  longest {max(heart.gaps) * 1e3:.0f} ms")
    window.panel.method.setCurrentIndex(window.panel.method.findData("integrated_gradients"))
    window.panel.bar.explain.click()
    while window.analysis is None or window.analysis.frames_written < 2:
        wait_for(window.explain.grew)
    print_redraws("while explaining", redraws(window, window.analysis.frames_written))
    began = time.perf_counter()
    wait_for(window.explain.engine.cancelled, window.panel.bar.cancel.click)
    print(f"cancel answered after {(time.perf_counter() - began) * 1e3:.0f} ms")


def explain(window: MainWindow, panel: ExplainPanel) -> None:
    """Explain with the panel's settings, and wait for the end."""
    wait_for(window.explained, panel.bar.explain.click)


def wait_for(signal: SignalInstance, act: Callable[[], object] | None = None) -> None:
    """Act, and run the event loop until a signal comes.

    Raises
    ------
    TimeoutError
        If it does not come in a minute.
    """
    loop = QEventLoop()
    came: list[bool] = []

    def end(*_: object) -> None:
        came.append(True)
        loop.quit()

    signal.connect(end)
    QTimer.singleShot(WAIT_MS, loop.quit)
    if act is not None:
        act()
    if not came:
        loop.exec()
    signal.disconnect(end)
    if not came:
        raise TimeoutError("the signal did not come")


def settle(seconds: float = 0.2) -> None:
    """Run the event loop for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def print_redraws(name: str, rate: float) -> None:
    """Print frames a second."""
    print(f"redraws {name}: {rate:.1f} a second")


def print_times(name: str, times: Sequence[float]) -> None:
    """Print median and 95th percentile in milliseconds."""
    median, high = statistics.median(times), float(np.quantile(times, 0.95))
    print(f"{name}: median {median * 1e3:.1f} ms, p95 {high * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
