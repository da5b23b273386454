"""Waiting for what another thread does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_PAUSE_S = 0.01


def wait_until(true: Callable[[], bool], timeout_s: float = 20.0) -> None:
    """Return once a condition holds; fail if it does not in time."""
    pause, until = threading.Event(), time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        pause.wait(_PAUSE_S)
