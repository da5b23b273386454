from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from gui.tasks.endings import endings
from gui.tasks.jobs import JobRunner


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Lets go of what a test has stuck, and waits for its thread."""
    gate = threading.Event()
    yield gate
    gate.set()
    for thread, _ in endings.left:
        assert thread.wait(5000)
    endings.left.clear()


@pytest.fixture
def runner() -> Iterator[JobRunner]:
    runner = JobRunner("test", patience_ms=30)
    yield runner
    runner.close()


def stuck_in(runner: JobRunner, gate: threading.Event) -> None:
    """Start a job that asks no one."""
    began = threading.Event()

    def work(report, check):
        began.set()
        gate.wait(20)
        return "old"

    runner.submit(work)
    assert began.wait(5)


def test_runner_goes_on_without_a_job_that_does_not_stop(
    runner: JobRunner, gate: threading.Event, qtbot: QtBot
) -> None:
    runs: list[int] = []
    stuck_in(runner, gate)
    with qtbot.waitSignal(runner.finished, timeout=5000) as done:
        runner.submit(lambda report, check: runs.append(1) or "new")
    assert done.args == ["new"]
    assert endings.stuck
    gate.set()
    qtbot.waitUntil(lambda: not endings.stuck)
    assert runs == [1]  # not once more by the thread that came back


def test_runner_calls_a_job_cancelled_that_does_not_stop(
    runner: JobRunner, gate: threading.Event, qtbot: QtBot
) -> None:
    stuck_in(runner, gate)
    with qtbot.waitSignal(runner.cancelled, timeout=5000):
        runner.cancel()
    assert not runner.busy
    with qtbot.waitSignal(runner.finished, timeout=5000):
        runner.submit(lambda report, check: "new")


def test_runner_has_patience_with_a_long_job_that_nobody_stops(
    runner: JobRunner, gate: threading.Event, qtbot: QtBot
) -> None:
    stuck_in(runner, gate)
    qtbot.wait(90)
    assert runner.busy
    assert not endings.left
    with qtbot.waitSignal(runner.finished, timeout=5000) as done:
        gate.set()
    assert done.args == ["old"]


def test_threads_together_are_waited_for_no_longer_than_the_limit(gate: threading.Event) -> None:
    runners = [JobRunner(f"test {number}") for number in range(3)]
    for runner in runners:
        stuck_in(runner, gate)
    began = time.monotonic()
    with endings.within(0.1):
        for runner in runners:
            runner.close()
    assert time.monotonic() - began < 2
    assert len(endings.left) == 3
