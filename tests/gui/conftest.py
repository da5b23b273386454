"""A window with a fake engine: no torch, small analyses, under the test's control."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.attribution import METHODS
from engine.cancel import Check
from engine.descriptions import CardReport, Finding, ModelInfo
from engine.errors import ModelError, UntrustedCode, UntrustedError, UntrustedFile
from engine.metrics import FlowPrecision
from engine.models import MODELS
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis, ExplainProgress, Header
from engine.types import ModelSpec, Preset, Progress, Rect, Report, Request, UInt8Array, Window
from engine.what_if.checks import FreezeCheck, SeparatedMap, StillSplit
from engine.what_if.queries import MotionTests, Scope, WhatIfQuery, WhatIfResult, region_agreement
from gui.backend import Backend, CardBackend, CardField, ExportBackend, WhatIfBackend
from gui.main_window.window import MainWindow
from gui.state.export_request import ExportRequest
from inspector.app import keep_services
from inspector.backend.analysis_cache import AnalysisCache
from inspector.backend.results import result_services
from tests.clips import moving_square, write_clip
from tests.engine.store.analyses import evidence_of

FRAMES = 40
LABELS = ("walking", "jogging", "boxing")
SPEC = ModelSpec("fake", LABELS, 8, None, 1, (12, 12), (12, 12), (0.5,) * 3, (0.25,) * 3)
MOVES = evidence_of(1.0, 0.5, 8.5, "movement")
FIELDS = (
    CardField("name", "Its name.", "mine", is_file=False, choices=()),
    CardField("network", "Its network.", "r3d_18", is_file=False, choices=()),
    CardField("frame_network", "Its network of pictures.", "", is_file=False, choices=()),
    CardField("labels", "Its classes.", "labels.txt", is_file=True, choices=()),
    CardField("channels", "Order of colours.", "rgb", is_file=False, choices=("rgb", "bgr")),
)


CODE = UntrustedCode(
    Path("/cards"), (UntrustedFile(Path("/cards/net.py"), "0f" * 32, changed=True),), "net.py:build"
)


class FakeEngine:
    """Explains with made-up relevance, a window of 8 frames at a time.

    ``gate`` lets a test hold it before each window, ``held_at`` closes it before the window of
    that number; ``fails`` makes it fail; without ``maps`` there are no maps of evidence, as of a
    closed model.
    """

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.held_at: int | None = None
        self.fails = False
        self.maps = True
        self.requests: list[Request] = []
        self.playheads: list[int] = []
        self.cached: list[Request] = []
        self.exports: list[Path] = []
        self.wishes: list[ExportRequest] = []
        self.previews: list[tuple[ClipSettings, int]] = []
        self.export_gate = threading.Event()
        self.export_gate.set()
        self.asks_for: UntrustedCode | None = None
        self.trusted: list[UntrustedCode | str] = []
        self.cards: list[dict[str, str]] = []

    def check_card(
        self,
        values: Mapping[str, str],
        video: Path | None,
        start: int,
        report: Report,
        check: Check,
    ) -> CardReport:
        self._ask()
        level = "fail" if values["network"] == "wrong" else "pass"
        finding = Finding("loading", level, f"{values['network']} on {video and video.name}")
        return CardReport((finding,), np.zeros((4, 8, 8, 3), np.uint8), (("waving", 0.75),))

    def save_card(self, values: Mapping[str, str]) -> ModelInfo:
        self.cards.append(dict(values))
        return ModelInfo("mine", values.get("name", "mine"), "your card", bundled=False)

    def _ask(self) -> None:
        if self.asks_for is not None and self.asks_for not in self.trusted:
            raise UntrustedError("net.py is a program.", "Trust it.", self.asks_for)

    def _fail(self) -> None:
        if self.fails:
            raise ModelError("The weights do not fit.", "Choose others.")

    def is_cached(self, request: Request) -> bool:
        return request in self.cached

    def explain(self, request: Request, playhead: int, report: Report, check: Check) -> Analysis:
        self.requests.append(request)
        self.playheads.append(playhead)
        self._ask()
        self._fail()
        start, stop = request.frames or (0, FRAMES)
        analysis = Analysis.create(header_for(request, start, stop))
        try:
            for first in range(0, stop - start, 8):
                if self.held_at == first // 8:
                    self.gate.clear()
                wait_for(self.gate, check)
                self._fail()
                count = min(8, stop - start - first)
                found = None if request.evidence == "off" else [MOVES]
                made = maps(first, count) if request.preset == "evidence" and self.maps else None
                analysis.append([window_at(first, count)], relevance(first, count), found, made)
                report(ExplainProgress("Explaining", first // 8 + 1, 5, 1.0, analysis=analysis))
        except BaseException:
            analysis.close()
            raise
        return analysis

    def labels(
        self, name: str, weights: Path | None, report: Report, check: Check
    ) -> tuple[str, ...]:
        return LABELS if name == "figures" else tuple(f"{name} class {k}" for k in range(400))

    def estimate(
        self, model: str, weights: Path | None, frames: int, fps: float, method: str
    ) -> tuple[int, float | None] | None:
        return (frames // 8, None) if fps else None

    def agreement(
        self, analysis: Analysis, preset: Preset, sigma: float, report: Report, check: Check
    ) -> FlowPrecision:
        return FlowPrecision(0.8, 0.4, 0.1)

    def ask(
        self, request: Request, question: WhatIfQuery, frame: int, report: Report, check: Check
    ) -> WhatIfResult:
        self.requests.append(request)
        wait_for(self.gate, check)
        before, after = np.array([0.7, 0.2, 0.1]), np.array([0.3, 0.5, 0.2])
        return WhatIfResult(
            query=question,
            labels=LABELS,
            logits=np.log(before),
            changed_logits=np.log(after),
            probabilities=before,
            changed_probabilities=after,
            pictures=np.zeros((2, 12, 12, 3), np.uint8),
            picture_frames=np.array([frame, frame + 1]),
            changed_share=0.25,
            windows=1,
        )

    def motion_tests(
        self, request: Request, scope: Scope, frame: int, report: Report, check: Check
    ) -> MotionTests:
        wait_for(self.gate, check)
        scores = {"original": 0.7, "frozen": 0.2, "reversed": 0.5, "shuffled": 0.3}
        return MotionTests("walking", scores, scores, windows=1, shuffles=3)

    def freezing(
        self,
        request: Request,
        separated: SeparatedMap,
        scope: Scope,
        frame: int,
        report: Report,
        check: Check,
    ) -> FreezeCheck:
        wait_for(self.gate, check)
        return freeze_check_of(separated.preset, separated.sigma)

    def still_split(self, request: Request, frame: int, report: Report, check: Check) -> StillSplit:
        wait_for(self.gate, check)
        pictures = np.zeros((2, 12, 12, 3), np.uint8)
        return StillSplit("walking", "lrp", 0.4, pictures, np.array([frame, frame + 1]), 0, 8)

    def write(self, analysis: Analysis, wish: ExportRequest, report: Report, check: Check) -> Path:
        self.wishes.append(wish)
        report(Progress("Writing the clip", 1, 2, 1.0))
        wait_for(self.export_gate, check)
        if wish.format == "zarr":
            analysis.save(wish.path, preset=wish.look.preset, sigma=wish.look.sigma)
        else:
            wish.path.write_bytes(b"clip")
        self.exports.append(wish.path)
        return wish.path

    def preview(
        self,
        analysis: Analysis,
        look: ClipSettings,
        frames: tuple[int, int],
        frame: int,
        report: Report,
        check: Check,
    ) -> UInt8Array:
        self.previews.append((look, frame))
        return np.full((48, 64, 3), frame, np.uint8)


def freeze_check_of(preset: Preset = "recommended", sigma: float = 1.0) -> FreezeCheck:
    """A check in which freezing motion costs most."""
    return FreezeCheck(
        label="walking",
        preset=preset,
        sigma=sigma,
        share=0.1,
        original=0.9,
        motion=0.2,
        others=0.8,
        static=0.88,
        shares=(0.0, 0.02, 0.1, 0.5, 1.0),
        motion_curve=(0.9, 0.6, 0.2, 0.1, 0.05),
        others_curve=(0.9, 0.88, 0.8, 0.4, 0.05),
        windows=1,
        draws=2,
    )


def wait_for(gate: threading.Event, check: Check) -> None:
    """Wait for a gate as real work would: looking now and then whether it is still wanted."""
    while not gate.wait(0.005):
        check()
    check()


def header_for(request: Request, start: int, stop: int) -> Header:
    return Header(
        request=request,
        spec=SPEC,
        size=(96, 64),
        fps=15.0,
        start=start,
        stop=stop,
        timestamps_s=np.arange(start, stop) / 15.0,
        step_frames=np.arange(stop - start),
        seen=Rect(1 / 6, 0.0, 5 / 6, 1.0),
    )


def window_at(first: int, count: int) -> Window:
    indices = np.minimum(np.arange(first, first + 8), first + count - 1)
    logits = np.array([3.0, 1.0, 0.0], np.float32)
    return Window(first, indices, 8 - count, logits, 0, 1.0)


def relevance(first: int, count: int) -> np.ndarray:
    return np.random.default_rng(first).random((count, 12, 12), np.float32)


def maps(first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Maps of evidence: motion in the upper half alone."""
    motion, appearance = relevance(first + 100, count), relevance(first + 200, count)
    motion[:, 6:] = 0
    return motion, appearance


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "square.mp4", moving_square(FRAMES))


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def window(qtbot: QtBot, engine: FakeEngine, tmp_path: Path) -> Iterator[MainWindow]:
    cards = CardBackend(FIELDS, engine.check_card, engine.save_card, engine.trusted.append)
    services = Backend(
        models=MODELS,
        methods=METHODS,
        explain=engine.explain,
        is_cached=engine.is_cached,
        labels=engine.labels,
        export=ExportBackend(engine.write, engine.preview, lambda path: True),
        cards=cards,
        estimate=engine.estimate,
        agreement=engine.agreement,
        settings=tmp_path / "settings",
        log_folder=tmp_path / "log",
        device=lambda: "2 CPU cores",
        sessions=keep_services(tmp_path),
        what_if=WhatIfBackend(
            engine.ask, engine.motion_tests, region_agreement, engine.freezing, engine.still_split
        ),
        results=result_services(AnalysisCache(tmp_path / "cache")),
    )
    window = MainWindow(services)
    qtbot.addWidget(window)
    window.show()
    yield window
    engine.gate.set()
    engine.export_gate.set()
    window.edits.setClean()  # or it would ask
    window.close()


@pytest.fixture
def opened(window: MainWindow, qtbot: QtBot, clip: Path) -> MainWindow:
    with qtbot.waitSignal(window.reader.frame_read, timeout=10_000):
        window.open_video(clip)
    return window


@pytest.fixture
def explained(opened: MainWindow, qtbot: QtBot) -> MainWindow:
    with qtbot.waitSignals([opened.explained, opened.explain.refilter.finished], timeout=10_000):
        opened.panel.bar.explain.click()
    qtbot.waitUntil(lambda: not opened.explain.refilter.busy)
    return opened


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Path]]:
    """Where analyses without a folder go; call it for what is there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return lambda: list(folder.iterdir())
