"""A tour being taken: steps, a line and a picture each, and an end without a word of complaint."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.tour.desktop import Desktop
from benchmarks.tour.driver import Driver, NotThere
from benchmarks.tour.steps import Step, unmet

_POLL_S = 0.05
_START_S = 60.0
_TITLE = "Motion Inspector"
_COMPLAINTS = re.compile(r"Traceback|Warning|QObject|QPainter|Error")


class Tour:
    """Takes steps on a desktop.

    Parameters
    ----------
    desktop : Desktop
    home : Path
        Of the program: settings, state, cache, and what the steps write.
    out : Path or None
        Folder for the pictures; None takes none.
    theme : str
        "dark" or "light".

    Attributes
    ----------
    passed : int
        Number of steps that went as expected.
    wrong : list of str
        What did not, a line each.
    """

    def __init__(self, desktop: Desktop, home: Path, out: Path | None, theme: str = "dark") -> None:
        self._desktop, self._home, self._out, self._theme = desktop, home, out, theme
        self._number = 0
        self.passed = 0
        self.wrong: list[str] = []
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)

    def take(self, opened: Path, steps: Sequence[Step]) -> None:
        """Start the program with a file, take steps, and close it as a user does."""
        driver = Driver(self._desktop, self._home, opened, self._theme)
        try:
            self._desktop.place_window(_TITLE)
            for step in steps:
                self._take(step, driver)
            self._desktop.keys("ctrl+q")
            ended = driver.has_ended()
        finally:
            said = driver.close()
        self._tell("Ctrl+Q ends it", [] if ended else ["it goes on"])
        self._tell("Nothing was complained of", _COMPLAINTS.findall(said) and said.splitlines())

    def _take(self, step: Step, driver: Driver) -> None:
        """Take a step, print a line, and save a picture."""
        began = time.monotonic()
        before = driver.state()
        try:
            for deed in step.deeds:
                deed(self._desktop, driver)
            wrong = _awaited(step, before, driver, step.seen if self._desktop.is_roomy else ())
        except NotThere as error:
            wrong = [f"{error} is not on the screen"]
        if self._out is not None:
            name = re.sub(r"[^a-z0-9]+", "-", step.title.lower()).strip("-")
            driver.save_screen(self._out / f"{self._number:02d}-{name}.png")
        self.passed += not wrong
        self._number += 1
        self._tell(f"{step.title} ({time.monotonic() - began:.1f} s)", wrong)

    def _tell(self, title: str, wrong: list[str]) -> None:
        print(f"{'FAIL' if wrong else 'pass'}  {title}", flush=True)
        for line in wrong:
            print(f"        {line}", flush=True)
        self.wrong += wrong


def _awaited(
    step: Step, before: dict[str, Any], driver: Driver, seen: tuple[str, ...]
) -> list[str]:
    """Return what is still not as expected when the time of the step is over."""
    until = time.monotonic() + step.within_s
    while True:
        wrong = unmet(step, before, driver.state(seen))
        if not wrong or time.monotonic() > until:
            return wrong
        time.sleep(_POLL_S)
