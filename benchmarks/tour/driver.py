"""The program in a process of its own, asked what it shows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.tour.desktop import Desktop

_HOMES = "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"
_POLL_S = 0.03
_ROOT = Path(__file__).parents[2]
_APPEARS_S = 10.0
_ENDS_S = 20.0


class NotThere(LookupError):
    """A part of the program is not on the screen."""


class Driver:
    """The program on a desktop, in a home of its own.

    Parameters
    ----------
    desktop : Desktop
    home : Path
        A folder for its settings, state and cache, and for what a tour writes.
    opened : Path
        Opened at the start: a video or a session.
    theme : str
        The colours of a first start: "dark" or "light".
    """

    def __init__(self, desktop: Desktop, home: Path, opened: Path, theme: str) -> None:
        self.home, self._desktop = home, desktop
        environment = desktop.environment() | dict.fromkeys(_HOMES, str(home))
        environment["MOTION_INSPECTOR_CACHE"] = str(home / "cache")
        command = [sys.executable, "-m", "benchmarks.tour.program", str(opened.absolute()), theme]
        self._errors = (home / "stderr.txt").open("w+")
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command,
            cwd=_ROOT,
            stdin=pipe,
            stdout=pipe,
            stderr=self._errors,
            env=environment,
            text=True,
        )

    def state(self, seen: tuple[str, ...] = ()) -> dict[str, Any]:
        """Return what it shows, as `benchmarks.tour.program` tells it."""
        answer: dict[str, Any] = self._ask(ask="state", seen=seen)
        return answer

    def place(self, part: str) -> tuple[int, int, int, int]:
        """Return left, top, width and height of a part on the screen, once it is there.

        A part that is scrolled away is brought there with the wheel.

        Raises
        ------
        NotThere
            If it is not after 10 s.
        """
        until = time.monotonic() + _APPEARS_S
        while time.monotonic() < until:
            place = self._ask(ask="place", part=part)
            if place is not None:
                left, top, width, height = place
                return left, top, width, height
            turn = None if ":" in part else self._ask(ask="wheel", part=part)
            if turn is not None:
                self._desktop.wheel(*turn)
            time.sleep(_POLL_S)
        raise NotThere(part)

    def save_screen(self, path: Path) -> None:
        """Save a picture of the screen."""
        self._ask(ask="save", path=str(path))

    def has_ended(self) -> bool:
        """Return whether it ends by itself within 20 s."""
        try:
            return self._process.wait(_ENDS_S) == 0
        except subprocess.TimeoutExpired:
            return False

    def close(self) -> str:
        """End it, and return what it has said on stderr."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._errors.seek(0)
        with self._errors:
            return self._errors.read()

    def _ask(self, **question: object) -> Any:
        asked, answered = self._process.stdin, self._process.stdout
        if asked is None or answered is None:
            raise RuntimeError("the program has no pipes")
        asked.write(json.dumps(question) + "\n")
        asked.flush()
        answer = answered.readline()
        if not answer:
            raise RuntimeError("the program has ended")
        return json.loads(answer)
