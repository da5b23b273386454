"""The program ends within 5 s whatever a worker does, and keeps what is not saved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inspector.backend.autosave import find_recoverable
from tests.clips import moving_square, write_clip

LIMIT_S = 5.0


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "walk.mp4", moving_square(10))


def start(kind: str, clip: Path, home: Path) -> subprocess.Popen[str]:
    env = os.environ | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
        "QT_QPA_PLATFORM": "offscreen",
    }
    command = [sys.executable, "-m", "tests.inspector.stuck_window", kind, str(clip)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


def wait_for_line(process: subprocess.Popen[str], wanted: str) -> None:
    assert process.stdout is not None
    # a window that does not come ends the loop: its end closes the pipe
    assert any(line.strip() == wanted for line in process.stdout)


@pytest.mark.parametrize("kind", ["asleep", pytest.param("holding", marks=pytest.mark.slow)])
def test_window_closes_in_time_whatever_a_worker_is_stuck_in(
    kind: str, clip: Path, tmp_path: Path
) -> None:
    with start(kind, clip, tmp_path) as process:
        try:
            wait_for_line(process, "closing")
            began = time.monotonic()
            process.wait(timeout=20)
            assert time.monotonic() - began < LIMIT_S
        finally:
            process.kill()


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_signal_ends_the_program_and_keeps_the_session(
    number: signal.Signals, clip: Path, tmp_path: Path
) -> None:
    with start("signal", clip, tmp_path) as process:
        try:
            wait_for_line(process, "ready")
            process.send_signal(number)
            began = time.monotonic()
            assert process.wait(timeout=20) == 130
            assert time.monotonic() - began < LIMIT_S
        finally:
            process.kill()
    (kept,) = find_recoverable(tmp_path / "state" / "motion-inspector" / "autosave")
    assert [note["text"] for note in kept.session.notes] == ["not saved"]
