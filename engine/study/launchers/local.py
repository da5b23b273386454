"""Workers as processes of this computer, one a GPU or core."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from engine.errors import EngineError
from engine.study.launchers import Crew
from engine.study.members import host
from engine.study.place import Place
from engine.study.worker import Post, work

_MOST_VAIN = 20
"""Workers that die one after the other before they begin with a clip."""

_STOP_S = 2.0


def start(crew: Crew) -> LocalWorkers:
    """Start the processes."""
    return LocalWorkers(crew)


class LocalWorkers:
    """Processes, each with a model of its own.

    They are forked from a process that has imported torch but never used it, where the system
    can, so that a new one begins at once.
    """

    def __init__(self, crew: Crew) -> None:
        self._context = _context()
        self._crew = crew
        devices = devices_of(crew.device)
        self._count = crew.workers or (len(devices) if devices[0] else usable_cores())
        self._vain = 0
        posts = crew.posts(self._count, devices)
        self._running = {post: self._started(post) for post in posts}

    def look(self) -> int:
        """Return how many are at work; see `engine.study.launchers.Launcher`."""
        for post, (process, told) in list(self._running.items()):
            if process.is_alive():
                continue
            del self._running[post]
            self._judge(process, told)
            if process.exitcode != 0:
                self._running[post] = self._started(post)
        return len(self._running)

    def stop(self) -> None:
        """End all that are at work."""
        processes = [process for process, _ in self._running.values()]
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(_STOP_S)
            process.kill()
            process.join()
        for _, told in self._running.values():
            told.close()
        self._running.clear()

    def _started(self, post: Post) -> tuple[BaseProcess, Connection]:
        ours, theirs = self._context.Pipe(duplex=False)
        process = self._context.Process(
            target=_work, args=(str(self._crew.folder), post, theirs), daemon=True
        )
        process.start()
        theirs.close()
        return process, ours

    def _judge(self, process: BaseProcess, told: Connection) -> None:
        """Refuse to go on where a worker says why it cannot, or many die at their start."""
        with told:
            error = _said(told)
        if error is not None:
            raise EngineError(*error)
        journals = Place(self._crew.folder).workers.glob(f"{host()}-{process.pid}-*.log")
        vain = process.exitcode != 0 and not any(journals)
        self._vain = self._vain + 1 if vain else 0
        if self._vain > _MOST_VAIN:
            raise EngineError(
                f"{self._vain} workers ended one after the other (exit code {process.exitcode}).",
                "Give fewer --workers, or look at the memory that the model takes.",
            )


def _said(told: Connection) -> tuple[str, str] | None:
    """Return why a worker that has ended could not work, None where it did not say."""
    try:
        error: tuple[str, str] | None = told.recv() if told.poll() else None
    except (EOFError, OSError):
        return None
    return error


def usable_cores() -> int:
    """Return the cores that this process may use."""
    own = getattr(os, "sched_getaffinity", None)  # of Linux alone
    return len(own(0)) if own else os.cpu_count() or 1


def devices_of(device: str) -> list[str]:
    """Return the device of each worker in turn, [""] for that of the study."""
    if device not in ("auto", "cuda"):
        return [device]
    import torch

    count = torch.cuda.device_count()
    return [f"cuda:{number}" for number in range(count)] or [""]


def _context() -> SpawnContext | ForkServerContext:
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["engine.study.measure", "engine.models.load"])
    return context


def _work(folder: str, post: Post, told: Connection) -> None:
    """Work in a new process, which ends after its clip when the one that started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that started it
    driver = multiprocessing.parent_process()

    def stopped() -> bool:
        return driver is not None and not driver.is_alive()

    try:
        work(Path(folder), post, stopped)
    except EngineError as error:
        told.send((str(error), error.hint))
        sys.exit(1)
