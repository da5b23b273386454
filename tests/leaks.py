"""What a test has left behind: threads, timers and windows."""

from __future__ import annotations

import gc
import threading
from collections.abc import Collection

from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid


def left_behind(threads_before: Collection[threading.Thread]) -> list[str]:
    """Return what runs or is shown still, of the objects that are not frozen (`gc.freeze`)."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    # not isinstance: it asks some lazy objects for their class, and torch warns of that
    alive = [o for o in gc.get_objects() if issubclass(type(o), QThread | QTimer) and isValid(o)]
    threads = [o for o in alive if isinstance(o, QThread) and o.isRunning()]
    timers = [o for o in alive if isinstance(o, QTimer) and o.isActive()]
    windows = [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    plain = [t for t in threading.enumerate() if t not in threads_before and not t.daemon]
    return [str(one) for one in (*threads, *timers, *windows, *plain)]
