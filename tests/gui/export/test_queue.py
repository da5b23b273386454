from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.cancel import Check
from engine.errors import ExportError
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import Progress, Report, Request, UInt8Array
from gui.backend import ExportBackend
from gui.export.queue import ExportQueue
from gui.state.analysis_refs import AnalysisRefs
from gui.state.export_request import ExportRequest
from gui.tasks.jobs import Failure
from tests.gui.conftest import header_for, relevance, wait_for, window_at

LOOK = ClipSettings("recommended", 1.0)


class FakeWriter:
    """Writes when its gate is open; refuses names with "bad" in them."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.written: list[str] = []

    def write(self, analysis: Analysis, wish: ExportRequest, report: Report, check: Check) -> Path:
        report(Progress("Writing", 1, 2))
        wait_for(self.gate, check)
        if "bad" in wish.path.name:
            raise ExportError("It cannot be written.", "Choose another name.")
        analysis.read_steps(0, 1)  # must still be open
        self.written.append(wish.path.name)
        return wish.path

    def preview(self, *args: object) -> UInt8Array:
        raise AssertionError(args)


@pytest.fixture
def writer() -> FakeWriter:
    return FakeWriter()


@pytest.fixture
def analysis_refs() -> Iterator[AnalysisRefs]:
    analysis_refs = AnalysisRefs()
    yield analysis_refs
    analysis_refs.close()


@pytest.fixture
def queue(writer: FakeWriter, analysis_refs: AnalysisRefs, qtbot: QtBot) -> Iterator[ExportQueue]:
    queue = ExportQueue(
        ExportBackend(writer.write, writer.preview, lambda path: False), analysis_refs
    )
    yield queue
    queue.close()


@pytest.fixture
def analysis(analysis_refs: AnalysisRefs) -> Analysis:
    analysis = Analysis.create(header_for(Request(Path("clip.mp4"), model="figures"), 0, 8))
    analysis.append([window_at(0, 8)], relevance(0, 8))
    return analysis_refs.acquire(analysis)


def wish(name: str) -> ExportRequest:
    return ExportRequest("mp4", Path("/out") / name, LOOK)


def test_queue_writes_in_the_order_of_asking(
    queue: ExportQueue, analysis: Analysis, writer: FakeWriter, qtbot: QtBot
) -> None:
    waiting: list[int] = []
    queue.length_changed.connect(waiting.append)
    for name in ("a", "b", "c"):
        queue.add(analysis, wish(name))
    assert queue.busy
    with qtbot.waitSignal(queue.busy_changed, check_params_cb=lambda busy: not busy):
        writer.gate.set()
    assert writer.written == ["a", "b", "c"]
    assert waiting == [1, 2, 1, 0]


def test_queue_keeps_an_analysis_open_that_the_window_dropped(
    queue: ExportQueue,
    analysis: Analysis,
    analysis_refs: AnalysisRefs,
    writer: FakeWriter,
    qtbot: QtBot,
) -> None:
    folder = analysis.folder
    queue.add(analysis, wish("a"))
    analysis_refs.release(analysis)
    assert folder.exists()
    with qtbot.waitSignal(queue.written):
        writer.gate.set()
    assert writer.written == ["a"]
    assert not folder.exists()


def test_queue_goes_on_after_a_failure(
    queue: ExportQueue, analysis: Analysis, writer: FakeWriter, qtbot: QtBot
) -> None:
    failures: list[Failure] = []
    queue.failed.connect(failures.append)
    queue.add(analysis, wish("bad"))
    queue.add(analysis, wish("good"))
    with qtbot.waitSignal(queue.written):
        writer.gate.set()
    assert [failure.message for failure in failures] == ["It cannot be written."]
    assert writer.written == ["good"]


def test_cancel_stops_the_running_one_and_goes_on_with_the_next(
    queue: ExportQueue, analysis: Analysis, writer: FakeWriter, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(queue.progressed):
        queue.add(analysis, wish("a"))
    queue.add(analysis, wish("b"))
    with qtbot.waitSignal(queue.cancelled):
        queue.cancel()
    assert queue.busy
    with qtbot.waitSignal(queue.written):
        writer.gate.set()
    assert writer.written == ["b"]


def test_close_drops_what_waits_and_lets_go(
    queue: ExportQueue, analysis: Analysis, analysis_refs: AnalysisRefs, writer: FakeWriter
) -> None:
    queue.add(analysis, wish("a"))
    queue.add(analysis, wish("b"))
    queue.close()
    assert writer.written == []
    assert not queue.busy
    folder = analysis.folder
    analysis_refs.release(analysis)
    assert not folder.exists()


@pytest.mark.parametrize("complete", [True, False])
def test_queue_refuses_what_is_not_there_or_not_whole(
    complete: bool, queue: ExportQueue, analysis_refs: AnalysisRefs, qtbot: QtBot
) -> None:
    unfinished = Analysis.create(header_for(Request(Path("clip.mp4"), model="figures"), 0, 8))
    analysis_refs.acquire(unfinished)
    with qtbot.waitSignal(queue.failed) as told:
        queue.add(None if complete else unfinished, wish("a"))
    assert told.args is not None
    assert told.args[0].message == "There is nothing to write yet."
    assert not queue.busy


def test_wishes_are_values() -> None:
    assert wish("a") == wish("a")
    assert np.isclose(wish("a").look.sigma, 1.0)
