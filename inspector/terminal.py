"""The terminal: where results, progress and errors of a command are printed. Never imports Qt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from engine.types import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

OUTPUT = Console(soft_wrap=True, highlight=False)
ERRORS = Console(stderr=True, soft_wrap=True, highlight=False)


def print_text(text: str) -> None:
    """Print a text as it is, without markup or colours."""
    OUTPUT.print(text, markup=False)


def print_entry(name: str, title: str, text: str) -> None:
    """Print an entry of a list: name, title and a line below."""
    OUTPUT.print(f"[bold]{name:16}[/]  {title}")
    OUTPUT.print(f"{'':18}{text}")


class ProgressBars:
    """Engine progress as one bar a stage."""

    def __init__(self, bars: Bar) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def report(self, progress: Progress) -> None:
        """Show how far a stage is, and at its start the expected time, if that is known."""
        if progress.done == 0 and progress.seconds_left is not None:
            self._bars.console.print(f"{progress.stage}: about {progress.seconds_left:.0f} s")
        if progress.stage not in self._tasks:
            self._tasks[progress.stage] = self._bars.add_task(progress.stage)
        total = progress.total or None
        self._bars.update(self._tasks[progress.stage], completed=progress.done, total=total)


@contextmanager
def progress_bar() -> Iterator[ProgressBars]:
    """Show progress bars on the terminal, nothing where the errors go elsewhere."""
    # here: the window starts through the command line, and shows no bars
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Bars(*columns, console=ERRORS, disable=not ERRORS.is_terminal) as bars:
        yield ProgressBars(bars)
