"""Speed of the list of results: how soon a thousand are there, and whether the window stalls.

``python -m benchmarks.result_list [COUNT]`` fills a cache of its own with results of the demo
clip, opens the clip in the real window, and prints how long the list takes, the longest time in
which the event loop did nothing, and how long switching to a result takes. The second line is for
results of earlier versions, which have no summaries yet.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QTimer, SignalInstance
from PySide6.QtWidgets import QApplication

from benchmarks.gui import settle, wait_for
from engine.store import Analysis, Header
from engine.store.summary import SUMMARY, read_summary, write_summary
from engine.types import ModelSpec, Rect, Request, Window
from engine.utils.paths import cache_folder
from engine.video import open_video
from engine.video.content_hash import content_id
from gui.main_window.window import MainWindow
from gui.theme.theme import apply_theme
from inspector.app import make_window
from resources import resource_path

COUNT = 1000
HEARTBEAT_MS = 5
_LABELS = ("walking", "running")
_SPEC = ModelSpec("tiny", _LABELS, 16, None, 1, (8, 8), (8, 8), (0.5,) * 3, (0.25,) * 3)


def main() -> None:
    """Fill, measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory() as folder, resource_path("demo.mp4") as clip:
        os.environ["MOTION_INSPECTOR_CACHE"] = folder
        fill(cache_folder() / "analyses", clip, count)
        application = QApplication(sys.argv[:1])
        apply_theme(application)
        measure(clip, "with summaries")
        for summary in (cache_folder() / "analyses").glob(f"*/{SUMMARY}"):
            summary.unlink()
        measure(clip, "without")


def fill(folder: Path, clip: Path, count: int) -> None:
    """Write results of a clip: copies of one analysis with summaries of their own."""
    first = folder / "result-0"
    write_result(first, clip)
    summary = read_summary(first)
    for number in range(1, count):
        place = folder / f"result-{number}"
        shutil.copytree(first, place, copy_function=os.link)
        (place / SUMMARY).unlink(missing_ok=True)
        write_summary(place, replace(summary, name=f"Result {number}", made_s=number))
    write_summary(first, summary)


def write_result(folder: Path, clip: Path) -> None:
    """Write an analysis of all frames of a clip, made of noise."""
    with open_video(clip) as video:
        size, times_s = video.size, np.asarray(video.timestamps_s)
    frames, noise = len(times_s), np.random.default_rng(0)
    header = Header(
        request=Request(clip, frames=(0, frames)),
        spec=_SPEC,
        size=size,
        fps=15.0,
        start=0,
        stop=frames,
        timestamps_s=times_s,
        step_frames=np.arange(frames),
        seen=Rect(0, 0, 1, 1),
        content=content_id(clip),
    )
    analysis = Analysis.create(header)
    for start in range(0, frames, 16):
        steps = np.minimum(np.arange(start, start + 16), frames - 1)
        padded = max(start + 16 - frames, 0)
        window = Window(start, steps, padded, np.array([2.0, 0.0], np.float32), 0, 1.0)
        analysis.append([window], noise.random((16 - padded, 8, 8), np.float32))
    analysis.save(folder, preset="recommended", sigma=1.0)
    analysis.close()


def measure(clip: Path, name: str) -> None:
    """Print the times of a window that lists the results of a clip, and switches between them."""
    window = make_window()
    window.show()
    wait_for(window.video_opened, lambda: window.open_video(clip))
    wait_for(window.results._finder.finished, None)
    show(window, 0)
    wait_for(window.explain.curves_made, None)  # what is imported then is no part of it
    used_s = time.thread_time()
    listed_s, gap_ms = timed(window.results._finder.finished, lambda: window.results.restore(()))
    used_ms = (time.thread_time() - used_s) * 1000
    rows = window.results.panel.proxy.rowCount()
    print(f"{rows} results {name}: listed in {listed_s:.2f} s, longest gap {gap_ms:.0f} ms", end="")
    print(f" ({used_ms:.0f} ms of the window's thread in all)", end="")
    shown_s, gap_ms = timed(window.explain.shown, lambda: show(window, -1))
    print(f"; shown in {shown_s * 1000:.0f} ms, longest gap {gap_ms:.0f} ms", end="")
    back_s, _ = timed(window.explain.shown, lambda: show(window, 0))
    print(f"; back in {back_s * 1000:.0f} ms")
    window.close()


def timed(signal: SignalInstance, act: Callable[[], object]) -> tuple[float, float]:
    """Return seconds until a signal, and the longest time without a turn of the loop, in ms."""
    ticks = [time.perf_counter()]
    heartbeat = QTimer()
    heartbeat.timeout.connect(lambda: ticks.append(time.perf_counter()))
    heartbeat.start(HEARTBEAT_MS)
    wait_for(signal, act)
    ended = time.perf_counter()
    settle()
    return ended - ticks[0], max(np.diff([*ticks, time.perf_counter()])) * 1000


def show(window: MainWindow, number: int) -> None:
    """Show a result by its place in the list."""
    window.results.show_result(window.results.panel.rows.rows[number].folder)


if __name__ == "__main__":
    main()
