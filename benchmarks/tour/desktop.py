"""A desktop for one program: an X server without a screen, a window manager, mouse and keys."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any

NEEDED = "Xvfb", "openbox", "xdotool"
_EDGES_PX = 24, 64  # room for the frame of a window of the wanted size
_ROOMY_PX = 1280, 800
_KEY_MS = 25
_MOVE_S = 0.03  # Qt joins moves of the mouse that come at once
_MOST_S = 60.0


def missing() -> list[str]:
    """Return the programs that a desktop needs and that are not installed."""
    return [name for name in NEEDED if shutil.which(name) is None]


class Desktop:
    """An X server with a window manager, and hands.

    Parameters
    ----------
    size : (int, int)
        Width and height of the window that it is for, in pixels of a screen of scale 1.
    scale : int
        Pixels of the screen to one of these.

    Attributes
    ----------
    display : str
        Name of the server, as ":71".
    is_roomy : bool
        Whether the window is 1280x800 or more, where nothing important may be scrolled away.
    """

    def __init__(self, size: tuple[int, int], scale: int = 1) -> None:
        self._width, self._height = (side * scale for side in size)
        self._scale = scale
        self.is_roomy = size[0] >= _ROOMY_PX[0] and size[1] >= _ROOMY_PX[1]
        self._ending = ExitStack()
        self.display = ""

    def __enter__(self) -> Desktop:
        with ExitStack() as ending:
            self._ending = ending
            self.display = self._started()
            self._start(["openbox", "--sm-disable"], env=self.environment())
            self._ending = ending.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.close()

    def environment(self) -> dict[str, str]:
        """Return the environment of programs on it."""
        screen = {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}
        return os.environ | screen | {"QT_SCALE_FACTOR": str(self._scale)}

    def keys(self, *names: str) -> None:
        """Press keys one after the other, named as by X: "g", "ctrl+Return", "Escape"."""
        self._act("key", "--delay", str(_KEY_MS), *names)

    def text(self, text: str) -> None:
        """Type a text."""
        self._act("type", "--delay", str(_KEY_MS), text)

    def click(self, x: int, y: int, *, times: int = 1, button: int = 1) -> None:
        """Click a place once or several times."""
        self._act("mousemove", str(x), str(y))
        time.sleep(_MOVE_S)
        self._act("click", "--repeat", str(times), "--delay", "60", str(button))

    def wheel(self, x: int, y: int, down: int) -> None:
        """Turn the wheel over a place by some notches, up where negative."""
        self.click(x, y, times=abs(down), button=5 if down > 0 else 4)

    def drag(self, start: tuple[int, int], end: tuple[int, int], held: str = "") -> None:
        """Drag with the left button from a place to another, with a key held."""
        keys = ("keydown", held) if held else ()
        released = ("keyup", held) if held else ()
        self._act("mousemove", *map(str, start), *keys, "mousedown", "1")
        middle = (start[0] + end[0]) // 2, (start[1] + end[1]) // 2
        for place in (middle, end):
            time.sleep(_MOVE_S)
            self._act("mousemove", *map(str, place))
        time.sleep(_MOVE_S)
        self._act("mouseup", "1", *released)

    def place_window(self, title: str) -> None:
        """Give the window with this title the wanted size, at the upper left, and the keyboard."""
        found = ("search", "--sync", "--onlyvisible", "--name", title)
        width, height = str(self._width), str(self._height)
        self._act(*found, "windowmove", "0", "0", "windowsize", width, height)
        self._act(*found, "windowactivate", "--sync")

    def _act(self, *words: str) -> None:
        command = ["xdotool", *words]
        quiet = subprocess.DEVNULL
        environment = self.environment()
        subprocess.run(command, env=environment, check=True, timeout=_MOST_S, stdout=quiet)

    def _started(self) -> str:
        """Start the server on a free display, and return its name."""
        reading, writing = os.pipe()
        width, height = self._width + _EDGES_PX[0], self._height + _EDGES_PX[1]
        screen = ["-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
        self._start(["Xvfb", "-displayfd", str(writing), *screen], pass_fds=(writing,))
        os.close(writing)
        with os.fdopen(reading) as number:
            return f":{int(number.readline())}"

    def _start(self, command: list[str], **named: Any) -> None:
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, stdout=quiet, stderr=quiet, **named)
        self._ending.callback(process.wait)
        self._ending.callback(process.terminate)
