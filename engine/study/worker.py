"""A worker of a study: it takes one unit after the other until all have a result.

Each launcher starts the same `work`, in as many processes as it likes, wherever the folder is seen.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from engine.errors import EngineError, VideoError
from engine.models.cards.trust import agree_here
from engine.study.archives import video_of
from engine.study.claims import FileClaims
from engine.study.maps import MapKeeper
from engine.study.members import Member
from engine.study.outcome import VERSION, Outcome, to_bytes
from engine.study.place import Place, Stage, publish
from engine.study.plan import Plan, SortedKeys
from engine.study.rows import Row
from engine.study.scheduler import MOST_DEATHS, Scheduler, Turn
from engine.study.settings import StoredStudy, load_study
from engine.video.content_hash import content_id

if TYPE_CHECKING:
    from engine.study.measure import Meter
    from engine.study.together import Measured

log = logging.getLogger(__name__)

WAIT_S = 0.5
_KILLED = (
    f"Its worker was ended {MOST_DEATHS} times while it was measured: by the system for want of "
    "memory, by a fault in a library, or by somebody."
)


@dataclass(frozen=True, slots=True)
class Post:
    """Where a worker stands.

    Attributes
    ----------
    number, workers : int
        Which one it is, from 0, of how many.
    device : str
        As of `engine.types.Request`, "" for that of the study.
    stage : str
        Of `Place`.
    maps : bool
        Whether the maps of clips are kept.
    agreed : str
        Code that the user trusts (`engine.models.cards.trust.agreements`): settings need not be
        on the computer of the worker.
    """

    number: int
    workers: int
    device: str = ""
    stage: Stage = "units"
    maps: bool = False
    agreed: str = ""


def never_stopped() -> bool:
    """Return that nobody wants the worker to stop."""
    return False


def work(folder: Path, post: Post, stopped: Callable[[], bool] = never_stopped) -> None:
    """Measure units until all have a result.

    Parameters
    ----------
    folder : Path
        Of the study.
    post : Post
    stopped : callable
        Whether to end after the unit that is being measured.

    Raises
    ------
    EngineError
        If the study or its model cannot be used.
    """
    if post.agreed:
        agree_here(post.agreed)
    place = Place(folder, post.stage)
    study, plan = load_study(place), Plan(place.plan)
    keys = SortedKeys(plan)
    with Member(place) as member:
        claims = FileClaims(place, member)
        scheduler = Scheduler(keys, claims, post.number, post.workers)
        bench = _Bench(place, study, post)
        while not stopped():
            turn = _next(scheduler)
            if turn.kind == "end":
                break
            if turn.kind == "wait":
                time.sleep(WAIT_S)
                continue
            began = time.monotonic()
            member.note(turn.key, "begun")
            state = _finish(bench, plan[keys.row(turn.key)], turn, member)
            claims.release(turn.key)
            scheduler.finished(time.monotonic() - began)
            member.note(turn.key, state, time.monotonic() - began)


def _next(scheduler: Scheduler) -> Turn:
    """Return the next turn. What cannot be claimed, as on a full disk, is passed over."""
    while True:
        try:
            return scheduler.next()
        except OSError as error:
            log.warning("a clip cannot be claimed (%s)", error.strerror or error)


def _finish(bench: _Bench, row: Row, turn: Turn, member: Member) -> str:
    """Write the result of a unit and return what became of it."""
    outcome = bench.lost(row) if turn.kind == "give up" else bench.outcome(row, turn.key, member)
    try:
        publish(bench.place.result(turn.key), to_bytes(outcome), member.partial)
    except OSError as error:
        log.warning("the result of %s cannot be written (%s)", row.name, error.strerror or error)
        return "unwritten"
    return "failed" if outcome.error else "done"


class _Bench:
    """A model, loaded when the first clip needs it, and what it is used for."""

    def __init__(self, place: Place, study: StoredStudy, post: Post) -> None:
        self.place = place
        self._device = post.device or study.settings.request.device
        self._study = study
        self._maps = post.maps
        self._meter: Meter | None = None

    def outcome(self, row: Row, key: str, member: Member) -> Outcome:
        """Measure a clip, or tell in a sentence why it cannot be."""
        meter = self._loaded()
        empty = Outcome(VERSION, "", changed_ns(row))
        try:
            label = label_of(row, self._study.labels)
            with video_of(row) as path:
                empty = replace(empty, content=content_id(path), label=label)
                found = self._measured(meter, path, row, key, member)
        except EngineError as error:
            return replace(empty, error=" ".join(str(error).split()))
        except MemoryError as error:
            return replace(empty, error=f"There is not enough memory ({error}).")
        except Exception as error:
            log.debug("%s", row.name, exc_info=True)
            return replace(empty, error=_fault(error))
        return replace(empty, clip=found.clip, windows=found.windows, stretches=found.stretches)

    def _measured(self, meter: Meter, path: Path, row: Row, key: str, member: Member) -> Measured:
        if not self._maps:
            return meter.measure(path, row)
        with MapKeeper(self.place.maps(key), member.room) as keeper:
            found = meter.measure(path, row, keeper.keep)
            keeper.publish()
        return found

    def lost(self, row: Row) -> Outcome:
        """Return that a clip is given up."""
        return Outcome(VERSION, "", changed_ns(row), error=_KILLED)

    def _loaded(self) -> Meter:
        """Return the meter, with one thread on a CPU, where workers are as many as cores."""
        if self._meter is None:
            import torch

            from engine.models.load import load_requested
            from engine.study.measure import Meter

            torch.set_num_threads(1)
            cv2.setNumThreads(1)
            settings = self._study.settings
            request = replace(settings.request, device=self._device)
            self._meter = Meter(load_requested(request), replace(settings, request=request))
        return self._meter


def label_of(row: Row, labels: Sequence[str]) -> str:
    """Return the class of a row as the model calls it, "" where there is none.

    Parameters
    ----------
    row : Row
        Case, spaces, "-" and "_" of its label make no difference; a number is an index.
    labels : sequence of str
        The model's classes; none of a model of values, where a label is any text.

    Raises
    ------
    VideoError
        If the row is at fault, or the model has no such class. A folder need not be a class.
    """
    if row.fault:
        raise VideoError(row.fault)
    if not row.label or not labels:
        return row.label
    if row.label in labels:
        return row.label
    names = {_plain(label): label for label in labels}
    found = names.get(_plain(row.label), "")
    if not found and row.label.isascii() and row.label.isdigit() and len(row.label) < 10:
        found = labels[int(row.label)] if int(row.label) < len(labels) else ""
    if not found and not row.by_folder:
        raise VideoError(f"The label {row.label[:60]!r} is none of the model's classes.")
    return found


def changed_ns(row: Row) -> int:
    """Return the time of the last change of a row's file, 0 where there is none."""
    try:
        return os.stat(row.path).st_mtime_ns if row.path else 0
    except (OSError, ValueError):
        return 0


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _fault(error: Exception) -> str:
    text = " ".join(str(error).split())[:300]
    return f"The model failed on this clip: {type(error).__name__}{text and f': {text}'}"
