"""The decoding thread: results, errors, cancelling, work ahead, a decoder that hangs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cancel import Cancelled, Check, never
from engine.errors import VideoError
from engine.video.decode.worker import Worker

PATH = Path("clip.mp4")


def nothing() -> None:
    pass


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(PATH)
    yield worker
    worker.close(nothing)


def test_worker_call_gives_the_result_of_another_thread(worker: Worker) -> None:
    assert worker.call(lambda tick: threading.current_thread().name, never) == "decoder of clip.mp4"


def test_worker_call_raises_what_the_job_raised_and_goes_on(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError):
        worker.call(lambda tick: 1 / 0, never)
    assert worker.call(lambda tick: 1, never) == 1


def test_worker_call_ends_when_the_check_says_so(worker: Worker) -> None:
    steps: list[int] = []

    def cancel_late() -> None:
        if len(steps) == 3:
            raise Cancelled

    def job(tick: Check) -> None:
        while True:
            steps.append(1)
            tick()

    with pytest.raises(Cancelled):
        worker.call(job, cancel_late)
    assert len(steps) == 3


def test_worker_does_tasks_part_by_part_in_their_order(worker: Worker) -> None:
    done: list[str] = []
    ended = threading.Event()

    def twice(check: Check) -> bool:
        done.append("a")
        return done.count("a") < 2

    def once(check: Check) -> bool:
        done.append("b")
        ended.set()
        return False

    def start(tick: Check) -> None:  # in the worker, so that neither begins before both are known
        worker.do_later(once)
        worker.do_later(twice, first=True)

    worker.call(start, never)
    assert ended.wait(5)
    assert done == ["a", "a", "b"]


def test_worker_task_makes_way_for_a_call_and_goes_on(worker: Worker) -> None:
    begun, go_on = threading.Event(), threading.Event()
    interrupted: list[bool] = []

    def task(check: Check) -> bool:
        begun.set()
        try:
            while not go_on.is_set():
                check()
        except Cancelled:
            interrupted.append(True)
            raise
        return False

    worker.do_later(task)
    assert begun.wait(5)
    assert worker.call(lambda tick: 7, never) == 7
    assert interrupted == [True]
    go_on.set()


def test_worker_survives_a_task_that_fails(worker: Worker) -> None:
    def fail(check: Check) -> bool:
        raise OSError

    worker.do_later(fail)
    assert worker.call(lambda tick: 1, never) == 1


def test_worker_gives_up_a_decoder_that_hangs_and_says_so() -> None:
    worker = Worker(PATH, stall_s=0.3)
    release = threading.Event()
    with pytest.raises(VideoError, match=r"clip\.mp4 .* made no progress for 0\.3 seconds"):
        worker.call(lambda tick: release.wait(10), never)
    with pytest.raises(VideoError, match="made no progress"):
        worker.call(lambda tick: 1, never)
    worker.close(nothing)
    release.set()


def test_worker_waits_for_a_slow_job_that_shows_progress() -> None:
    worker = Worker(PATH, stall_s=0.6)
    pause = threading.Event()

    def slow(tick: Check) -> int:
        for _ in range(10):
            pause.wait(0.1)
            tick()
        return 5

    assert worker.call(slow, never) == 5
    worker.close(nothing)


def test_worker_close_ends_the_thread_and_then_closes_files(worker: Worker) -> None:
    worker.call(lambda tick: 1, never)
    closed: list[list[str]] = []
    worker.close(lambda: closed.append([thread.name for thread in threading.enumerate()]))
    assert "decoder of clip.mp4" not in closed[0]


def test_worker_forgotten_ends_its_thread() -> None:
    forgotten = Worker(Path("forgotten.mp4"))
    thread = forgotten.call(lambda tick: threading.current_thread(), never)
    del forgotten
    thread.join(5)
    assert not thread.is_alive()
