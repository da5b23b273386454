"""A study run from the command line: its progress, and what became of it. Never imports Qt."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from pathlib import Path

import typer

from engine.models.cards.library import find_card
from engine.models.cards.trust import agreements
from engine.models.load import load_requested
from engine.study.launchers import Crew
from engine.study.place import Place
from engine.study.progress import StudyProgress
from engine.study.settings import MapsWanted, StudySettings
from engine.study.study import FILES, described, failures, run_study
from engine.types import Progress, Report, Request
from engine.utils.durations import duration_text
from engine.utils.printable import printable_lines
from inspector.cli_options import check_folder
from inspector.leftovers import remember_target
from inspector.terminal import ERRORS, print_line, print_text, progress_bar

_MOST_NAMED = 20
_EVERY_S = 30.0


def study_to(
    settings: StudySettings,
    crew: Crew,
    engine: str,
    *,
    maps: MapsWanted = "none",
    telling: int = 20,
    retry_failed: bool = False,
    overwrite: bool = False,
) -> int:
    """Run a study, print a summary, and return how many clips have an error.

    Parameters
    ----------
    settings : StudySettings
    crew : Crew
        The workers and the folder.
    engine, maps, telling, retry_failed, overwrite
        As for `engine.study.study.run_study`.

    Raises
    ------
    EngineError
        If the study cannot be begun, or its tables not be written.
    """
    check_folder(crew.folder)
    remember_target(crew.folder.resolve())
    crew = replace(crew, folder=crew.folder.absolute())
    request = _anywhere(settings)
    settings = replace(settings, request=request)
    with progress_bar() as bars:
        study = described(settings, load_requested(replace(request, device="cpu"), bars.report))
        crew = replace(crew, agreed=_agreed(request))
        told = _Teller(bars.report)
        counts = run_study(
            study,
            crew,
            engine,
            maps=maps,
            telling=telling,
            retry_failed=retry_failed,
            overwrite=overwrite,
            told=told.tell,
        )
    print_text(_summary(Place(crew.folder), counts.clips, counts.failed))
    print_line(f"Written to {crew.folder}: {', '.join(FILES[:6])}")
    return counts.failed


def parse_pairs(texts: list[str]) -> dict[str, str]:
    """Return options of the form NAME=VALUE.

    Raises
    ------
    typer.BadParameter
        If one is of another form.
    """
    pairs = [text.partition("=") for text in texts]
    for text, (name, sign, _) in zip(texts, pairs, strict=True):
        if not (name and sign):
            raise typer.BadParameter(
                f"{text!r} is not of the form NAME=VALUE.", param_hint="--engine-option"
            )
    return {name.strip(): value.strip() for name, _, value in pairs}


def _anywhere(settings: StudySettings) -> Request:
    """Return the request with paths that workers in other folders find."""
    request = settings.request
    names = ("video", "weights", "labels", "prior")
    paths = {name: path.absolute() for name in names if (path := getattr(request, name))}
    card = Path(request.model)
    model = str(card.absolute()) if card.suffix == ".toml" and card.is_file() else request.model
    return replace(request, model=model, **paths)


def _agreed(request: Request) -> str:
    """Return what the user trusts of the model's code, "" where it has none of its own."""
    card = find_card(request.model)
    if card is None or card.path is None:
        return ""
    return agreements(card.path.resolve().parent)


class _Teller:
    """Shows progress as a bar, or a line now and then where there is no terminal."""

    def __init__(self, report: Report) -> None:
        self._report, self._next = report, time.monotonic() + _EVERY_S

    def tell(self, progress: StudyProgress) -> None:
        """Show how far the study is, with its rate and the time left."""
        stage = "Measuring clips"
        if ERRORS.is_terminal:
            self._report(Progress(stage, progress.done, progress.total))
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_S
            ERRORS.print(progress_line(progress))


def progress_line(progress: StudyProgress) -> str:
    """Return progress in one line."""
    left = "" if progress.seconds_left is None else f", {duration_text(progress.seconds_left)} left"
    failed = f", {progress.failed} with an error" if progress.failed else ""
    return (
        f"{progress.done} of {progress.total} clips{failed}, {progress.per_minute:.1f} a minute, "
        f"{progress.workers} workers{left}"
    )


def _summary(place: Place, clips: int, failed: int) -> str:
    lines = [f"{clips - failed} of {clips} clips measured"]
    if failed:
        named = itertools.islice(failures(place), _MOST_NAMED)
        lines += [f"{name}: {error}" for name, error in named]
        more = failed - _MOST_NAMED
        lines += [f"and {more} more, in the column error of clips.parquet"] if more > 0 else []
        lines.append("Once that is mended: --retry-failed.")
    return printable_lines(lines)
