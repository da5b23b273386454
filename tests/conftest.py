"""What all tests share: no display needed, and nothing left behind."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is loaded
if "PYTEST_XDIST_WORKER" in os.environ:  # before torch: workers that each take all cores wait
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # for one another, twice as long in all

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
    if "qtbot" not in request.fixturenames:
        yield
        return
    from tests.leaks import left_behind  # loads Qt

    before = set(threading.enumerate())
    gc.freeze()  # what was there before the test need not be looked through after it
    yield
    left = left_behind(before)
    gc.unfreeze()
    assert not left, f"left behind: {left}"


@pytest.fixture
def small_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundled network sees pictures of 28 x 28 in this process: a sixteenth of the work.

    For tests of what becomes of its answers and maps, not of what it answers.
    """
    monkeypatch.setattr("engine.models.loaders.sources.FIGURES_SIZE", 28)
