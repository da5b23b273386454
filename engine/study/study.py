"""A study from its source to its tables: planned, measured by workers, put together.

Killed at any moment it goes on where it was when it is run again: results are files of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from engine.cancel import Check, never
from engine.errors import EngineError, ExportError, os_errors
from engine.export.inputs import inputs_of
from engine.models.model import VideoModel
from engine.study.archives import video_of
from engine.study.claims import drop_dead
from engine.study.launchers import Crew, launch
from engine.study.members import Member
from engine.study.outcome import Outcome, read_outcome
from engine.study.place import (
    MAPS_PLAN_FILE,
    PLAN_FILE,
    PROGRESS_FILE,
    SETTINGS_FILE,
    TABLE_FILES,
    Place,
    remove,
)
from engine.study.plan import Plan, write_keyed, write_plan
from engine.study.progress import ProgressBook, StudyProgress
from engine.study.report import REPORT_FILES, write_report
from engine.study.rows import Row
from engine.study.settings import (
    FORMAT,
    VERSION,
    MapsWanted,
    StoredStudy,
    StudySettings,
    difference,
    load_study,
    save_study,
)
from engine.study.sources import files_of, rows_of
from engine.study.tables import UNTRIED, Counts, check_tables, write_tables
from engine.study.telling import wanted
from engine.study.worker import changed_ns
from engine.utils.folder_update import refuse_foreign
from engine.utils.locks import FileLock
from engine.utils.targets import check_targets
from engine.video.content_hash import content_id, file_id

FILES = (*TABLE_FILES, *REPORT_FILES, SETTINGS_FILE, PLAN_FILE, MAPS_PLAN_FILE, PROGRESS_FILE)
FOLDERS = ("units", "mapped", "claims", "workers", "maps")

_LOOK_S = 0.2
_ROOM = "Make room there, or choose another --out."

Told = Callable[[StudyProgress], None]
"""Called with the progress of a study, a few times a second."""


def described(settings: StudySettings, model: VideoModel) -> StoredStudy:
    """Return what study.json will say.

    Parameters
    ----------
    settings : StudySettings
    model : VideoModel
        That of the request.

    Raises
    ------
    EngineError
        If a file of the model cannot be read.
    """
    request = settings.request
    files = [path for path in inputs_of(request) if path != request.video and path.is_file()]
    with os_errors(EngineError, "A file of the model cannot be read", "Check its files."):
        hashes = {path.name: file_id(path) for path in files}
    labels = () if model.spec.activation == "none" else model.spec.labels
    return StoredStudy(FORMAT, VERSION, settings, hashes, labels)


def run_study(
    study: StoredStudy,
    crew: Crew,
    engine: str = "local",
    *,
    maps: MapsWanted = "none",
    telling: int = 20,
    retry_failed: bool = False,
    overwrite: bool = False,
    told: Told | None = None,
    check: Check = never,
) -> Counts:
    """Measure what has no result yet, and write the tables of all.

    Parameters
    ----------
    study : StoredStudy
        From `described`.
    crew : Crew
        The workers, and the folder; it is made if needed.
    engine : str
        One of `engine.study.launchers.ENGINES`.
    maps : str
        Whose maps are kept: of no clip, of the most telling or of all.
    telling : int
        How many clips are the most telling, >= 1.
    retry_failed : bool
        Whether clips with an error are measured again.
    overwrite : bool
        Whether results of other settings, and the user's files of the same names, may go.
    told, check : callable
        Progress; raises `Cancelled` to stop, which ends the workers.

    Raises
    ------
    EngineError
        If the source, the folder or the model cannot be used, or the tables not be written.
    """
    place = Place(crew.folder)
    check_tables()
    _check_place(place, study, overwrite=overwrite)
    rows = rows_of(study.settings.request.video)
    with _alone(place), Member(place) as member:
        drop_dead(place, member)
        with os_errors(EngineError, f"{place.folder} cannot be written to", _ROOM):
            save_study(place, study)
            write_plan(place.plan, rows)
        plan = Plan(place.plan)
        if not len(plan):
            raise EngineError(f"There is no clip in {study.settings.request.video}.", "Check it.")
        done, failed = _looked_over(place, plan, check, retry_failed=retry_failed)
        book = ProgressBook(place, len(plan), done, failed)
        if done < len(plan):
            inline = replace(crew, maps=maps == "all")
            _measure(inline, engine, book, told, check)
        if maps != "none":
            rest = _without_maps(place, plan, telling if maps == "telling" else None)
            _map(crew, engine, rest, told, check)
        counts = write_tables(place, plan, overwrite=overwrite)
        write_report(place, overwrite=overwrite)
        book.look()
        book.save(book.progress(0, finished=True))
    return counts


def failures(place: Place) -> Iterator[tuple[str, str]]:
    """Yield the names of clips with an error, each with its sentence, in the order of the plan."""
    plan = Plan(place.plan)
    for number, row in enumerate(plan):
        outcome = read_outcome(place, plan.key(number))
        if outcome is None or outcome.error:
            yield row.name, (row.fault or UNTRIED) if outcome is None else outcome.error


def _measure(crew: Crew, engine: str, book: ProgressBook, told: Told | None, check: Check) -> None:
    """Let workers measure until all of them have ended."""
    launcher = launch(engine, crew)
    try:
        while workers := launcher.look():
            check()
            book.look()
            progress = book.progress(workers)
            book.save(progress)
            if told is not None:
                told(progress)
            time.sleep(_LOOK_S)
        book.look()
        if told is not None:
            told(book.progress(0))
    finally:
        launcher.stop()


def _without_maps(place: Place, plan: Plan, most: int | None) -> list[tuple[str, Row]]:
    """Return the clips that have no maps yet of those whose maps are wanted, with their keys."""
    numbers = wanted(place, plan, most)
    pairs = ((plan.key(number), number) for number in numbers)
    return [(key, plan[number]) for key, number in pairs if not place.maps(key).exists()]


def _map(
    crew: Crew, engine: str, rest: list[tuple[str, Row]], told: Told | None, check: Check
) -> None:
    """Measure clips once more, for their maps."""
    if not rest:
        return
    place = Place(crew.folder, "mapped")
    with os_errors(EngineError, f"{place.folder} cannot be written to", _ROOM):
        remove(place.folder / place.stage)
        write_keyed(place.plan, rest)
    book = ProgressBook(place, len(rest), 0, 0)
    _measure(replace(crew, stage="mapped", maps=True), engine, book, told, check)


def _check_place(place: Place, study: StoredStudy, *, overwrite: bool) -> None:
    """Refuse a folder that holds something else, or what is read.

    Results of other settings are removed where that is asked for.
    """
    request = study.settings.request
    inputs = [path for path in (*inputs_of(request), *files_of(request.video)) if path.is_file()]
    check_targets(place.folder, FILES, inputs)
    if not place.settings.exists():
        _refuse_others(place, overwrite=overwrite)
        return
    if overwrite and not _is_readable(place):
        _refuse_others(place, overwrite=True)
        return
    differing = difference(load_study(place), study)
    if differing and not overwrite:
        raise ExportError(
            f"{place.folder} holds a study of other settings ({differing}).",
            "Choose another --out, or measure all again with --overwrite.",
        )
    if differing:
        for name in ("units", "mapped", "claims", "maps"):
            remove(place.folder / name)


def _refuse_others(place: Place, *, overwrite: bool) -> None:
    """Refuse a folder without a study that has files or folders of the names of one."""
    folders = [place.folder / name for name in FOLDERS if (place.folder / name).exists()]
    if folders:
        raise ExportError(
            f"{folders[0]} is there, but no study that it belongs to.", "Choose another --out."
        )
    files = [place.folder / name for name in FILES if (place.folder / name).exists()]
    if not overwrite:
        refuse_foreign(files)


def _is_readable(place: Place) -> bool:
    try:
        load_study(place)
    except EngineError:
        return False
    return True


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    """Enter a context that one run of a study at a time can be in."""
    with os_errors(EngineError, f"{place.folder} cannot be written to", _ROOM):
        place.workers.mkdir(parents=True, exist_ok=True)
        lock = FileLock.take(place.driver)
    if lock is None:
        raise EngineError(
            f"A study is at work in {place.folder}.", "Wait for it, or choose another --out."
        )
    try:
        yield
    finally:
        lock.release()


def _looked_over(place: Place, plan: Plan, check: Check, *, retry_failed: bool) -> tuple[int, int]:
    """Return how many rows have a result, and an error. Results of changed files are removed."""
    done = failed = 0
    for number, row in enumerate(plan):
        check()
        key = plan.key(number)
        outcome = read_outcome(place, key)
        if outcome is None or (retry_failed and outcome.error) or _is_outdated(row, outcome):
            place.result(key).unlink(missing_ok=True)
            continue
        done += 1
        failed += bool(outcome.error)
    return done, failed


def _is_outdated(row: Row, outcome: Outcome) -> bool:
    """Return whether a result is of another content, or an error of a file that has changed."""
    now = changed_ns(row)
    if now == outcome.changed_ns:
        return False
    if outcome.error:
        return True
    if not now:
        return False  # what was measured stays, though its video is gone
    try:
        with video_of(row) as path:
            return content_id(path) != outcome.content
    except EngineError:
        return True
