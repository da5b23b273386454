from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from engine.errors import VideoError
from engine.types import Progress
from gui.tasks.jobs import Failure, JobRunner


@pytest.fixture
def discarded() -> list[object]:
    return []


@pytest.fixture
def runner(qtbot: QtBot, discarded: list[object]) -> Iterator[JobRunner]:
    runner = JobRunner("test", discard=discarded.append)
    yield runner
    runner.close()


def test_job_reports_in_order_and_finishes_once(runner: JobRunner, qtbot: QtBot) -> None:
    seen: list[int] = []
    ends: list[object] = []
    runner.progressed.connect(lambda progress: seen.append(progress.done))
    runner.finished.connect(ends.append)

    def work(report, check):
        for done in range(5):
            report(Progress("Working", done, 5))
        return "done"

    with qtbot.waitSignal(runner.finished):
        runner.submit(work)
    assert seen == [0, 1, 2, 3, 4]
    assert ends == ["done"]
    assert not runner.busy


def test_newest_job_wins(runner: JobRunner, qtbot: QtBot, discarded: list[object]) -> None:
    gate, started = threading.Event(), threading.Event()
    answers: list[object] = []
    runner.finished.connect(answers.append)

    def slow(report, check):
        started.set()
        gate.wait(5)
        return "old"

    runner.submit(slow)
    assert started.wait(5)
    with qtbot.waitSignal(runner.finished):
        runner.submit(lambda report, check: "new")
        gate.set()
    assert answers == ["new"]
    qtbot.waitUntil(lambda: discarded == ["old"])


def test_cancel_stops_at_the_next_check(runner: JobRunner, qtbot: QtBot) -> None:
    def endless(report, check):
        while True:
            check()

    runner.submit(endless)
    with qtbot.waitSignal(runner.cancelled):
        runner.cancel()
    assert not runner.busy


def test_error_becomes_a_failure_and_the_thread_lives_on(runner: JobRunner, qtbot: QtBot) -> None:
    def broken(report, check):
        raise VideoError("No such file.", "Look elsewhere.")

    with qtbot.waitSignal(runner.failed) as failed:
        runner.submit(broken)
    assert failed.args == [Failure("No such file.", "Look elsewhere.")]
    with qtbot.waitSignal(runner.finished):
        runner.submit(lambda report, check: 1)


def test_bug_reaches_the_user(
    runner: JobRunner, qtbot: QtBot, caplog: pytest.LogCaptureFixture
) -> None:
    def buggy(report, check):
        return {}["missing"]

    with qtbot.waitSignal(runner.failed) as failed:
        runner.submit(buggy)
    assert "Internal error" in failed.args[0].message
    assert "KeyError" in caplog.text


def test_close_while_busy_waits_for_the_job(qtbot: QtBot) -> None:
    runner = JobRunner("test")
    ended = threading.Event()
    started = threading.Event()

    def endless(report, check):
        started.set()
        try:
            while True:
                check()
        finally:
            ended.set()

    runner.submit(endless)
    assert started.wait(5)
    runner.close()
    assert ended.is_set()
