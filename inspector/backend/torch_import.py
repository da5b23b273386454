"""The import of torch and torchvision, by one thread at a time, which the window hardly feels."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import Lock

from inspector.backend.shared_libraries import load_libraries

_LOCK = Lock()


def import_torch() -> None:
    """Import torch and torchvision, or wait for the thread that does.

    torchvision's modules import one another in circles. Two threads that enter from different
    sides, as the labels and an explanation do at the start of the window, meet half a module.
    """
    with _LOCK:
        if "torch" in sys.modules and "torchvision" in sys.modules:
            return
        load_libraries()
        with _uncollected():
            import_module("torch")
            import_module("torchvision")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Enter a context in which nothing is collected; what was made in it never is.

    A collection stops all threads for as long as it looks at every object: a tenth of a second
    and more with the million that torch makes, which live as long as the process anyway.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_on:
            gc.enable()
