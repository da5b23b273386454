"""Work in a thread of its own: one job at a time, the newest wins, each ends exactly once."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from engine.cancel import Cancelled, CancelToken, Check
from engine.errors import EngineError, UntrustedCode, UntrustedError
from engine.types import Progress, Report
from gui.tasks.endings import endings

log = logging.getLogger(__name__)

Work = Callable[[Report, Check], Any]
PATIENCE_MS = 5_000
"""Time after which a job that was asked to stop is left to itself, in a thread of its own."""
MORE_PATIENCE_MS = 30_000
"""The same where one window of a large network, or the first import of torch, may take seconds."""
_LOW_PRIORITY = 10  # of Linux's niceness


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """Work with its number and the token that stops it."""

    job_id: int
    work: Work
    token: CancelToken


@dataclass(frozen=True, slots=True)
class Failure:
    """The message of a failed job for the user: one sentence and a hint.

    ``untrusted`` is the code, or the address of a server that frames are sent to, that the
    user must trust for the job to go on, if any.
    """

    message: str
    hint: str
    untrusted: UntrustedCode | str | None = None


class JobWorker(QObject):
    """Runs jobs in the worker thread.

    Signals
    -------
    begun(job_id), progressed(job_id, progress), finished(job_id, result),
    failed(job_id, failure), cancelled(job_id)
    """

    begun = Signal(int)
    progressed = Signal(int, object)
    finished = Signal(int, object)
    failed = Signal(int, object)
    cancelled = Signal(int)

    @Slot()
    def lower_priority(self) -> None:
        """Lower the priority of this thread, and of those it will start."""
        QThread.currentThread().setPriority(QThread.Priority.LowPriority)
        if sys.platform == "linux":  # where Qt's priorities mean nothing
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOW_PRIORITY)

    @Slot(object)
    def run(self, job: Job) -> None:
        """Run a job to its end."""

        def report(progress: Progress) -> None:
            self.progressed.emit(job.job_id, progress)

        self.begun.emit(job.job_id)
        try:
            job.token.check()
            result = job.work(report, job.token.check)
        except Cancelled:
            self.cancelled.emit(job.job_id)
        except EngineError as error:
            log.info("job %d failed", job.job_id, exc_info=True)
            untrusted = error.asked if isinstance(error, UntrustedError) else None
            self.failed.emit(job.job_id, Failure(str(error), error.hint, untrusted))
        except Exception as error:  # the one broad except: a bug must reach the user
            log.exception("job %d", job.job_id)
            self.failed.emit(
                job.job_id, Failure(f"Internal error: {error}", "The log has the details.")
            )
        else:
            self.finished.emit(job.job_id, result)


class JobRunner(QObject):
    """Hands work to a thread and passes on what comes back of the newest job alone.

    A result of an older job is given to ``discard``, which releases it. A runner of
    ``low_priority`` leaves the processor to the window wherever both want it. A job that does not
    stop when it is asked to is left to itself after ``patience_ms``, and a new thread takes over.

    Signals
    -------
    progressed(progress), finished(result), failed(failure), cancelled()
        Of the newest job.
    """

    progressed = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    _submitted = Signal(object)

    def __init__(
        self,
        name: str,
        parent: QObject | None = None,
        discard: Callable[[Any], None] | None = None,
        *,
        low_priority: bool = False,
        patience_ms: int | None = None,
    ) -> None:
        super().__init__(parent)
        self._discard = discard
        self._job: Job | None = None
        self._last_id = self._begun_id = 0
        self._name, self._low_priority = name, low_priority
        usual_ms = MORE_PATIENCE_MS if low_priority else PATIENCE_MS
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(usual_ms if patience_ms is None else patience_ms)
        self._patience.timeout.connect(self._on_patience_timeout)
        self._start_thread()

    def _start_thread(self) -> None:
        self._thread = QThread()
        self._thread.setObjectName(self._name)
        self._worker = JobWorker()
        self._worker.moveToThread(self._thread)
        if self._low_priority:
            self._thread.started.connect(self._worker.lower_priority)
        self._submitted.connect(self._worker.run)
        self._worker.begun.connect(self._on_worker_begun)
        self._worker.progressed.connect(self._on_worker_progressed)
        self._worker.finished.connect(self._on_worker_finished)
        self._worker.failed.connect(self._on_worker_failed)
        self._worker.cancelled.connect(self._on_worker_cancelled)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """True while a job is submitted and not yet ended."""
        return self._job is not None

    def submit(self, work: Work) -> int:
        """Start work in the thread, in place of the running job, and return its number."""
        self.cancel()
        self._last_id += 1
        self._job = Job(self._last_id, work, CancelToken())
        self._submitted.emit(self._job)
        return self._last_id

    def cancel(self) -> None:
        """Ask the running job to stop. `cancelled` follows."""
        if self._job is not None:
            self._job.token.cancel()
            self._patience.start()

    def ask_to_end(self) -> None:
        """Ask the job and the thread to stop, without waiting. Only `close` may follow."""
        if self._job is not None:
            self._job.token.cancel()
        self._job = None
        self._patience.stop()
        self._thread.quit()

    def close(self) -> None:
        """Stop the job and the thread, and wait for both."""
        self.ask_to_end()
        endings.wait(self._thread, self._worker)

    @Slot()
    def _on_patience_timeout(self) -> None:
        """Leave a job alone that was asked to stop and is stuck, and do the one that waits."""
        waiting = self._job
        if waiting is None:
            return
        if self._begun_id < waiting.job_id:
            waiting.token.cancel()  # of what the stuck thread would do, should it come back
            self._leave_thread()
            self._job = None
            self.submit(waiting.work)
        elif waiting.token.cancelled:
            self._job = None
            self._leave_thread()
            self.cancelled.emit()

    def _leave_thread(self) -> None:
        log.error("%s is stuck in a job; it is left alone", self._name)
        self._submitted.disconnect(self._worker.run)
        endings.leave(self._thread, self._worker)
        self._start_thread()

    def _end_job(self) -> None:
        self._job = None
        self._patience.stop()

    def _is_newest(self, job_id: int) -> bool:
        return self._job is not None and self._job.job_id == job_id

    @Slot(int)
    def _on_worker_begun(self, job_id: int) -> None:
        self._begun_id = max(self._begun_id, job_id)
        if self._is_newest(job_id) and self._job is not None and not self._job.token.cancelled:
            self._patience.stop()  # the one before has ended

    @Slot(int, object)
    def _on_worker_progressed(self, job_id: int, progress: Progress) -> None:
        if self._is_newest(job_id):
            self.progressed.emit(progress)

    @Slot(int, object)
    def _on_worker_finished(self, job_id: int, result: Any) -> None:
        if self._is_newest(job_id):
            self._end_job()
            self.finished.emit(result)
        elif self._discard is not None:
            self._discard(result)

    @Slot(int, object)
    def _on_worker_failed(self, job_id: int, failure: Failure) -> None:
        if self._is_newest(job_id):
            self._end_job()
            self.failed.emit(failure)

    @Slot(int)
    def _on_worker_cancelled(self, job_id: int) -> None:
        if self._is_newest(job_id):
            self._end_job()
            self.cancelled.emit()
