"""Explaining into a folder in a process that a test kills, or that kills itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine.pipeline import explain
from engine.store import ExplainProgress, resumable
from engine.store.arrays import GrowingArray
from engine.types import Progress, Request

STEPS: dict[str, tuple[Any, str, str]] = {
    "chunk stored": (GrowingArray, "_store", "after"),
    "journal": (resumable.Resumable, "_journal", "before"),
    "journal written": (resumable.Resumable, "_journal", "after"),
    "half a line": (resumable.Resumable, "_journal", "half"),
    "unfinished": (resumable.Resumable, "_replace_unfinished", "after"),
    "half unfinished": (np, "savez", "half"),
    "finish": (resumable.Resumable, "finish", "before"),
    "document": (resumable, "write_analysis", "after"),
    "finished": (resumable.Resumable, "finish", "after"),
}


def explain_into(connection: Connection, request: Request, folder: Path, moment: str = "") -> None:
    """Explain, and send the number of windows that are done.

    ``moment`` is where the process kills itself: the name of a step, a colon, and how many times
    the step is passed before.
    """
    torch.set_num_threads(1)
    resumable._KEEP_EVERY_S = 0
    if moment:
        kill_at(*moment.rsplit(":", 1))

    def report(progress: Progress) -> None:
        if isinstance(progress, ExplainProgress):
            connection.send(progress.done)

    explain(request, report, folder=folder, resume=True)


def kill_at(step: str, passes: str) -> None:
    """Have a step kill the process the next time but so many that it is reached."""
    place, name, when = STEPS[step]
    real: Callable[..., Any] = getattr(place, name)
    left = [int(passes)]

    def deadly(*given: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            return real(*given, **named)
        if when == "after":
            real(*given, **named)
        if when == "half":
            write_half(given[0])
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("it goes on after its death")

    setattr(place, name, deadly)


def write_half(where: Any) -> None:
    """Leave what a write that was broken off leaves."""
    if hasattr(where, "write"):
        where.write(b"PK\x03\x04 half")
        where.flush()
        return
    with (where._folder / resumable.JOURNAL).open("a") as journal:
        journal.write('0123456789abcdef {"logits": "AAAA')
