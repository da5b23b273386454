"""A process that explains into a folder, for tests that kill it: VIDEO WEIGHTS FOLDER [MOMENT].

MOMENT is where it kills itself: the name of a step and how many times that is passed before.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

import engine.store.checkpoint as resuming
from engine.pipeline import explain
from engine.store.arrays import GrowingArray
from engine.types import Request

STEPS: dict[str, tuple[Any, str, str]] = {
    "chunk stored": (GrowingArray, "_store", "after"),
    "journal": (resuming.Resumable, "_journal", "before"),
    "journal written": (resuming.Resumable, "_journal", "after"),
    "half a line": (resuming.Resumable, "_journal", "half"),
    "unfinished": (resuming.Resumable, "_replace_unfinished", "after"),
    "half unfinished": (np, "savez", "half"),
    "finish": (resuming.Resumable, "finish", "before"),
    "document": (resuming, "write_document", "after"),
    "finished": (resuming.Resumable, "finish", "after"),
}


def main() -> None:
    """Explain; tell each window that is done."""
    video, weights, folder, *moment = sys.argv[1:]
    torch.set_num_threads(1)
    resuming._KEEP_EVERY_S = 0
    if moment:
        kill_at(*moment[0].rsplit(":", 1))
    request = Request(Path(video), weights=Path(weights), target=3, device="cpu")
    explain(request, tell, folder=Path(folder), resume=True)


def tell(progress: Any) -> None:
    """One line for each report of windows."""
    if progress.analysis is not None:
        print(progress.done, flush=True)  # noqa: T201 - the test reads it


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
    with (where._folder / resuming.JOURNAL).open("a") as journal:
        journal.write('0123456789abcdef {"logits": "AAAA')


if __name__ == "__main__":
    main()
