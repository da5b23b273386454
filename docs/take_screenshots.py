"""Takes the screenshots of the guide from the real window: ``python docs/take_screenshots.py``.

Every state at every size, with the bundled clip and network; nothing is drawn by hand, so that
they never show what the window no longer does.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from engine.annotations.notes import Note
from gui.export.dialog import ExportDialog
from gui.main_window.window import MainWindow
from gui.theme.theme import apply_theme
from inspector.app import make_window
from resources import resource_path

ROOT = Path(__file__).parent
SIZES = (1024, 640), (1280, 800), (1920, 1080)
FRAME = 24
_MOST_S = 300  # maps of evidence take a minute on a busy machine
_QUALITY = 88
NOTES = Note(8, 9, "The arm starts to rise"), Note(20, 36, "Full swing: motion leads the decision")


def main() -> None:
    """Take all of one scale; without one, all of every scale, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "screenshots")
    parser.add_argument("--scheme", default="dark")
    parser.add_argument("--one", metavar="WxH", help="one size, in this process")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    if wanted.one:
        width, height = map(int, wanted.one.split("x"))
        take(wanted.out, (width, height), wanted.scheme)
        return
    for width, height in SIZES:
        again(wanted.out, f"{width}x{height}", "1", "dark")
    again(wanted.out, "1280x800", "2", "dark")
    again(wanted.out, "1280x800", "1", "light")


def again(out: Path, size: str, scale: str, scheme: str) -> None:
    """Take one set in another process, since scale and theme are those of a whole process."""
    with tempfile.TemporaryDirectory() as home:
        places = {
            name: home for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "MOTION_INSPECTOR_CACHE")
        }
        words = [__file__, "--out", str(out), "--one", size, "--scheme", scheme]
        environment = os.environ | places | {"QT_SCALE_FACTOR": scale}
        subprocess.run([sys.executable, *words], check=True, env=environment, cwd=ROOT.parent)


def take(out: Path, size: tuple[int, int], scheme: str) -> None:
    """Every state at one size."""
    application = QApplication([])
    apply_theme(application)
    window = make_window()
    window.appearance.set_scheme(scheme)
    window.resize(*size)
    window.show()
    scale = "" if application.devicePixelRatio() == 1 else f"@{application.devicePixelRatio():g}x"
    light = "" if scheme == "dark" else f"-{scheme}"
    with resource_path("demo.mp4") as clip:
        save_all(window, clip, out, f"{size[0]}x{size[1]}{scale}{light}")
    window.edits.setClean()
    window.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def save_all(window: MainWindow, clip: Path, out: Path, end: str) -> None:
    """One file a state."""
    for name, widget in states(window, clip):
        if name != "loading":  # it is gone after a moment
            settle()
        path = out / f"{name}-{end}.webp"
        save(widget, path)
        print(path)  # noqa: T201 - what a script is for


def save(widget: QWidget, path: Path) -> None:
    """Write what a widget shows, as WebP: a quarter of the size that PNG has."""
    if not widget.grab().save(str(path), "WEBP", _QUALITY):
        raise OSError(f"{path} cannot be written")


def states(window: MainWindow, clip: Path) -> Iterator[tuple[str, QWidget]]:
    """Show the window in one state after the other."""
    yield "empty", window
    window.open_video(clip)
    yield "loading", window
    until(lambda: window.video is not None and window.panes.shown_frame >= 0)
    window.view.go_to(FRAME)
    yield "opened", window
    window.explain.explain_chosen()
    until(lambda: window.analysis is not None and window.analysis.steps_written > 0)
    yield "busy", window
    until(lambda: explained(window))
    yield "explained", window
    yield from panels(window)
    yield from dialogs(window)


def panels(window: MainWindow) -> Iterator[tuple[str, QWidget]]:
    """Tabs with something in them, and two analyses side by side."""
    for note in NOTES:
        window.notes.notes.add(note)
    window.docks.show("notes")
    yield "notes", window
    window.docks.show("heat")
    yield "heat", window
    window.docks.show("what_if")
    window.what_if.layer.add_box((0.35, 0.2, 0.65, 0.8))
    window.what_if.panel.ask.click()
    until(lambda: not window.what_if.runner.busy)
    yield "what-if", window
    window.what_if.layer.clear()
    window.docks.show("explain")
    window.comparison.pin()
    method = window.panel.method
    method.setCurrentIndex(method.findData("gradient"))
    window.explain.explain_chosen()
    until(lambda: explained(window))
    yield "compare", window
    window.comparison.stop()


def dialogs(window: MainWindow) -> Iterator[tuple[str, QWidget]]:
    """Open the dialogs of the window, one after the other."""
    window.export.open(window)
    [asked] = window.findChildren(ExportDialog)
    until(lambda: not asked.preview.runner.busy)
    yield "export", asked
    asked.reject()
    window.open_video(Path("/nowhere/clip.mp4"))
    until(lambda: QApplication.activeModalWidget() is not None)
    box = QApplication.activeModalWidget()
    yield "error", box
    box.close()
    for name in ("help.keys", "help.about"):
        window.commands.action(name).trigger()
        settle()
        dialog = QApplication.activeModalWidget()
        yield name.replace(".", "-"), dialog
        dialog.close()


def explained(window: MainWindow) -> bool:
    """Whether the whole explanation is shown, with its curves."""
    controller = window.explain
    busy = controller.engine.busy or controller.refilter.busy
    return not busy and controller.curves is not None and controller.analysis is not None


def until(ready: Callable[[], bool]) -> None:
    """Let the window work until something is so."""
    end_s = time.monotonic() + _MOST_S
    while not ready():
        if time.monotonic() > end_s:
            raise TimeoutError("the window did not get there")
        wait(10)


def settle() -> None:
    """Let everything be drawn."""
    wait(400)


def wait(milliseconds: int) -> None:
    """Run the window's event loop; QTest.qWait does that with Python's lock held."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


if __name__ == "__main__":
    main()
