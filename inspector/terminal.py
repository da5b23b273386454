"""The terminal: where results, progress and errors of a command are printed. Never imports Qt.

Texts hold names that others chose, so none is markup, and none reaches the terminal but as
`engine.utils.printable` shows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.errors import ExportError, os_errors
from engine.types import Progress
from engine.utils.durations import duration_text
from engine.utils.printable import printable, printable_lines

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID


_LINE_EVERY_S = 15.0
"""A log gets at most four lines of progress a minute; short runs add none."""


class _Output(Console):
    """The output, which may go to a full disk."""

    def print(self, *objects: Any, **options: Any) -> None:
        with os_errors(ExportError, "The output cannot be written", "Write it to another place."):
            super().print(*objects, **options)


OUTPUT = _Output(soft_wrap=True, highlight=False, markup=False, emoji=False)
ERRORS = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


def print_text(text: str) -> None:
    """Print a text of any number of lines as it is, without markup or colours."""
    OUTPUT.print(printable_lines(text.split("\n")))


def print_line(text: str) -> None:
    """Print a text in one line."""
    OUTPUT.print(printable(text))


def print_entry(name: str, title: str, *lines: str) -> None:
    """Print an entry of a list: name, title and lines below, the second and later ones dim."""
    OUTPUT.print(Text.assemble((f"{printable(name):16}", "bold"), f"  {printable(title)}"))
    for number, line in enumerate(lines):
        OUTPUT.print(f"{'':18}{printable(line)}", style="dim" if number else None)


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Print names and what is known of them, in two columns."""
    table = Table.grid(padding=(0, 2))
    for name, text in facts:
        table.add_row(Text(printable(name), "bold"), Text(printable(text)))
    OUTPUT.print(table)


def print_error(message: str, hint: str = "") -> None:
    """Print an error in one line, and its hint in another."""
    ERRORS.print(f"motion-inspector: {_one_line(message)}")
    if hint:
        ERRORS.print(f"Hint: {_one_line(hint)}")


class ProgressBars:
    """Engine progress as one bar a stage."""

    def __init__(self, bars: Bar) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def report(self, progress: Progress) -> None:
        """Show how far a stage is, and at its start the expected time, if that is known."""
        stage = printable(progress.stage)
        if progress.done == 0 and progress.seconds_left is not None:
            self._bars.console.print(f"{stage}: about {duration_text(progress.seconds_left)}")
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage)
        total = progress.total or None
        self._bars.update(self._tasks[stage], completed=progress.done, total=total)


class ProgressLines:
    """Engine progress as a line now and then, for logs of runs without a terminal."""

    def __init__(self) -> None:
        self._told_s = monotonic()

    def report(self, progress: Progress) -> None:
        """Print how far a stage is, if nothing was printed for a while."""
        if monotonic() - self._told_s < _LINE_EVERY_S:
            return
        self._told_s = monotonic()
        far = f" {progress.done / progress.total:.0%}" if progress.total else ""
        seconds = progress.seconds_left
        left = f", about {duration_text(seconds)} left" if seconds else ""
        ERRORS.print(f"{printable(progress.stage)}{far}{left}")


@contextmanager
def progress_bar() -> Iterator[ProgressBars | ProgressLines]:
    """Show progress bars on the terminal, lines now and then where the errors go elsewhere."""
    if not ERRORS.is_terminal:
        yield ProgressLines()
        return
    # here: the window starts through the command line, and shows no bars
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Bars(*columns, console=ERRORS) as bars:
        yield ProgressBars(bars)


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))
