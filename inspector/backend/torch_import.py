"""The import of torch and torchvision, by one thread at a time."""

from __future__ import annotations

from importlib import import_module
from threading import Lock

_LOCK = Lock()


def import_torch() -> None:
    """Import torch and torchvision, or wait for the thread that does.

    torchvision's modules import one another in circles. Two threads that enter from different
    sides, as the labels and an explanation do at the start of the window, meet half a module.
    """
    with _LOCK:
        import_module("torch")
        import_module("torchvision")
