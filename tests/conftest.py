"""What all tests share: no display needed, and nothing left behind."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is loaded

import gc
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's cache folder out of every test, and one test's out of the next."""
    monkeypatch.setenv("MOTION_INSPECTOR_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings folder of its own for each test, which does not exist yet: not the user's."""
    folder = tmp_path_factory.getbasetemp() / f"settings-{uuid.uuid4().hex}"
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_: folder)
    return folder


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a running timer or a window."""
    before = set(threading.enumerate())
    yield
    if "qtbot" not in request.fixturenames:
        return
    from PySide6.QtCore import QCoreApplication, QEvent, QThread, QTimer
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    # not isinstance: it asks some lazy objects for their class, and torch warns of that
    alive = [o for o in gc.get_objects() if issubclass(type(o), QThread | QTimer) and isValid(o)]
    threads = [o for o in alive if isinstance(o, QThread) and o.isRunning()]
    timers = [o for o in alive if isinstance(o, QTimer) and o.isActive()]
    windows = [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    left = [t for t in set(threading.enumerate()) - before if not t.daemon]
    assert not threads, f"running QThreads: {[t.objectName() for t in threads]}"
    assert not timers, f"{len(timers)} running timers"
    assert not windows, f"open windows: {windows}"
    assert not left, f"running threads: {left}"
