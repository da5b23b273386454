"""The decoding thread of a video: jobs with a caller waiting, and tasks for idle time.

FFmpeg works outside the interpreter's lock, so a thread is enough; it is apart from its callers
so that they can give up waiting: a decoder stuck in a broken file cannot be interrupted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

from engine.cancel import Cancelled, Check
from engine.errors import VideoError

log = logging.getLogger(__name__)

T = TypeVar("T")

Task = Callable[[Check], bool]
"""Work for when nobody waits: does a part of it, and tells whether there is more."""

STALL_S = 9.0
"""Seconds without a sign of progress after which waiting is given up."""

_POLL_S = 0.25
_END_S = 5.0


class _Call(Generic[T]):
    """A job that somebody waits for."""

    def __init__(self, job: Callable[[Check], T], check: Check) -> None:
        self._job = job
        self._check = check
        self.result: list[T] = []
        self.error: BaseException | None = None
        self.ended = threading.Event()
        self.abandoned = False

    def run(self, tick: Check) -> None:
        def tick_and_check() -> None:
            tick()
            if self.abandoned:
                raise Cancelled
            self._check()

        try:
            self.result.append(self._job(tick_and_check))
        except BaseException as error:  # noqa: BLE001 - handed to the caller, whatever it is
            self.error = error
        self.ended.set()


class _State:
    """State shared by thread and callers, so that the thread of a lost `Worker` can end."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.calls: deque[_Call[Any]] = deque()
        self.tasks: list[Task] = []
        self.closing = False
        self.ticks = 0


class Worker:
    """Runs jobs one at a time in a thread of its own, which starts with the first of them.

    Parameters
    ----------
    path : Path
        The file that is decoded: named in messages.
    stall_s : float
        Seconds without a tick of the job after which `call` gives up.
    """

    def __init__(self, path: Path, *, stall_s: float = STALL_S) -> None:
        self._path = path
        self._stall_s = stall_s
        self._state = _State()
        self._thread: threading.Thread | None = None
        self._stuck = False

    def call(self, job: Callable[[Check], T], check: Check) -> T:
        """Run a job before any task, and wait for its end.

        Parameters
        ----------
        job : callable
            Gets a function to call at every step of its progress, which raises `Cancelled` when
            the result is no longer wanted.
        check : callable
            Called at every step, in the worker's thread; what it raises ends the job.

        Raises
        ------
        VideoError
            If the job shows no progress for too long. No other job is run afterwards.
        """
        self._refuse_if_stuck()
        call = _Call(job, check)
        self._start()
        with self._state.changed:
            self._state.calls.append(call)
            self._state.changed.notify()
        try:
            self._wait(call)
        except BaseException:
            call.abandoned = True
            raise
        if call.error is not None:
            raise call.error
        return call.result[0]

    def do_later(self, task: Task, *, first: bool = False) -> None:
        """Do a task while nobody waits, part by part, unless it is queued already.

        Parameters
        ----------
        task : callable
            Does a part of the work; what it raises but `Cancelled` ends it and is logged.
        first : bool
            Whether it goes before the other tasks.
        """
        self._start()
        with self._state.changed:
            if task not in self._state.tasks:
                self._state.tasks.insert(0 if first else len(self._state.tasks), task)
                self._state.changed.notify()

    def close(self, last: Callable[[], None]) -> None:
        """End the thread after ``last`` has run in it, if it still runs."""
        with self._state.changed:
            self._state.closing = True
            self._state.changed.notify()
        if self._thread is not None:
            self._thread.join(0 if self._stuck else _END_S)
            if self._thread.is_alive():
                log.error("the decoder of %s does not end; it is left alone", self._path)
                return
        last()

    def __del__(self) -> None:
        with self._state.changed:
            self._state.closing = True
            self._state.changed.notify()

    def _start(self) -> None:
        if self._thread is None:
            name = f"decoder of {self._path.name}"
            self._thread = threading.Thread(
                target=_work, args=(self._state,), name=name, daemon=True
            )
            self._thread.start()

    def _wait(self, call: _Call[T]) -> None:
        ticks, since = self._state.ticks, time.monotonic()
        while not call.ended.wait(_POLL_S):
            now = time.monotonic()
            if self._state.ticks != ticks:
                ticks, since = self._state.ticks, now
            elif now - since > self._stall_s:
                self._stuck = True
                self._refuse_if_stuck()

    def _refuse_if_stuck(self) -> None:
        if self._stuck:
            raise VideoError(
                f"{self._path} cannot be decoded: the decoder made no progress "
                f"for {self._stall_s:g} seconds.",
                "The file is damaged. Convert it with another program, or leave it out.",
            )


def _work(state: _State) -> None:
    while True:
        with state.changed:
            while not (state.closing or state.calls or state.tasks):
                state.changed.wait()
            if state.closing:
                return
            call = state.calls.popleft() if state.calls else None
            task = state.tasks[0] if state.tasks else None
        if call is not None:
            call.run(lambda: _tick(state))
        elif task is not None:
            _do_part(state, task)


def _tick(state: _State) -> None:
    state.ticks += 1
    if state.closing:
        raise Cancelled


def _do_part(state: _State, task: Task) -> None:
    def tick() -> None:
        _tick(state)
        if state.calls:
            raise Cancelled

    more = False
    try:
        more = task(tick)
    except Cancelled:
        more = True  # it makes way, and goes on later
    except Exception:
        # nobody waits for it; who needs its result asks for it and is told then
        log.info("work ahead failed", exc_info=True)
    if not more:
        with state.changed:
            if task in state.tasks:
                state.tasks.remove(task)
