from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import EngineError
from inspector import display as start
from inspector.commands import demo

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 and Wayland")


@pytest.fixture(autouse=True)
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


def test_has_display_needs_one_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not start.has_display()
    monkeypatch.setenv("DISPLAY", ":7654")
    assert not start.has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert start.has_display()


def test_has_display_knows_that_offscreen_is_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert not start.has_display()


def test_window_without_a_display_is_refused_with_the_way_out() -> None:
    with pytest.raises(EngineError, match="no display") as caught:
        start.show_window(None)
    assert "explain" in caught.value.hint


def test_missing_qt_libraries_are_told_with_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(start, "_ALWAYS", {"libmissing.so.9": "libmissing9"})
    with pytest.raises(EngineError, match="Qt") as caught:
        start.show_window(None)
    assert caught.value.hint.endswith("apt-get install libmissing9")


@pytest.mark.slow
def test_demo_without_a_display_writes_the_results(tmp_path: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    run = subprocess.run(
        [sys.executable, "-m", "inspector", "demo"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "No display" in run.stdout
    written = {path.name for path in (tmp_path / demo.FOLDER).iterdir()}
    assert {"annotated.mp4", "frames.csv", "timeline.png", "analysis.json"} <= written
