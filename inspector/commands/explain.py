"""explain without a window: progress on the terminal, results in a folder. Never imports Qt."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from engine.attribution import METHODS
from engine.diagnostics.out_of_distribution import advice, is_out_of_distribution
from engine.errors import ExportError
from engine.export.formats import EXPORT_FORMATS, clip_formats
from engine.store import Analysis
from engine.types import Progress, Request
from inspector.leftovers import remember_target


def explain_to(
    request: Request,
    folder: Path,
    errors: Console,
    output: Console,
    *,
    format: str = "mp4",
    sound: bool = False,
) -> None:
    """Explain a video and write clip, timeline, numbers and arrays to a folder.

    Parameters
    ----------
    request : Request
        What to explain.
    folder : Path
        Made if needed.
    errors, output : Console
        For progress, and for the summary.
    format, sound
        Of the annotated clip, as for `engine.export.result_folder.export_all`.

    Raises
    ------
    EngineError
        If something cannot be used or written; the folder is then as it was.
    """
    check_folder(folder)
    check_sound(format, sound)
    remember_target(folder)
    with progress_bar(errors) as bar:
        from engine.export.result_folder import export_all
        from engine.pipeline import explain
        from engine.video import open_requested

        analysis = explain(request, bar.report)
        try:
            with open_requested(request) as video:
                export_all(
                    analysis,
                    video,
                    folder,
                    preset=request.preset,
                    sigma=request.sigma,
                    format=format,
                    sound=sound,
                    report=bar.report,
                )
            summary = _summary(analysis, request)
        finally:
            analysis.close()
    output.print(summary, highlight=False, markup=False)
    output.print(f"Written to {folder}: {', '.join(_names(folder))}", highlight=False, markup=False)


def check_folder(folder: Path) -> None:
    """Say at once, not after minutes of work, that a folder cannot be written.

    Raises
    ------
    ExportError
        If it is a file, or neither it nor its nearest existing parent can be written.
    """
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"{folder} is a file, but a folder is needed.", "Choose another --out.")
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise ExportError(f"{existing} cannot be written to.", "Choose another --out.")


def check_sound(format: str, sound: bool) -> None:
    """Say at once, not after minutes of work, that a format carries no sound.

    Raises
    ------
    ExportError
        If sound is wanted and the format has none.
    """
    with_sound = [key for key in clip_formats() if EXPORT_FORMATS[key].has_sound]
    if sound and format not in with_sound:
        raise ExportError(
            f"A clip in the format {format} carries no sound.",
            f"Choose --format {' or '.join(with_sound)}, or leave --sound out.",
        )


class _Bars:
    """Shows engine progress as one bar a stage."""

    def __init__(self, bars: Bar) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def report(self, progress: Progress) -> None:
        """Show where a stage is; and at its start the time it will take, if that is known."""
        if progress.done == 0 and progress.seconds_left is not None:
            self._bars.console.print(f"{progress.stage}: about {progress.seconds_left:.0f} s")
        if progress.stage not in self._tasks:
            self._tasks[progress.stage] = self._bars.add_task(progress.stage)
        total = progress.total or None
        self._bars.update(self._tasks[progress.stage], completed=progress.done, total=total)


@contextmanager
def progress_bar(console: Console) -> Iterator[_Bars]:
    """Progress bars for the terminal; nothing where the output is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, disable=not console.is_terminal) as bars:
        yield _Bars(bars)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def _summary(analysis: Analysis, request: Request) -> str:
    curves = analysis.separation(request.preset).curves(request.sigma)
    spec = analysis.header.spec
    names = dict.fromkeys(spec.label(window.target) for window in analysis.windows)
    lines = [
        f"{analysis.frame_count} frames, {len(analysis.windows)} windows, {spec.name}, "
        f"{request.method}, explained: {', '.join(list(names)[:8])}",
        f"Motion share {curves.clip_motion_share:.1%} ({request.preset}, sigma {request.sigma:g})",
    ]
    if METHODS[request.method].conserves:
        lines.append(f"Relevance sums to {analysis.conservation:.2%} of the explained score")
    if is_out_of_distribution(spec, analysis.windows):
        lines.append(f"Warning: this video is unlike what {spec.name} knows. {advice(spec)}")
    lines += [f"Note: {text}" for text in analysis.notices]
    return "\n".join(lines)
