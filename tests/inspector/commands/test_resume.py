from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import torch

import engine.store.resumable as resuming
from engine.attribution import Attribution
from engine.attribution.attribute_clip import Explainer
from engine.cancel import Cancelled, CancelToken
from engine.errors import EngineError
from engine.models import Clip
from engine.pipeline import explain
from engine.store import DOCUMENT, Analysis, ExplainProgress
from engine.types import Progress, Request
from tests.cards import small_card
from tests.clips import moving_square, write_clip
from tests.engine.networks import warmed_up
from tests.inspector.commands.killed_explain import explain_into
from tests.killable import start_killable

FRAMES = 88  # three chunks on disk, ten windows
WINDOWS = 10

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Request:
    folder = tmp_path_factory.mktemp("asked")
    torch.save(warmed_up("figures").state_dict(), folder / "random.pth")
    clip = write_clip(folder / "square.mp4", moving_square(FRAMES))
    weights = folder / "random.pth"
    card = str(small_card(folder))
    return Request(clip, model=card, weights=weights, target=3, device="cpu", evidence="quick")


@pytest.fixture(scope="module")
def whole(asked: Request) -> Analysis:
    return explain(asked)


@pytest.fixture(autouse=True)
def kept_each_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resuming, "_KEEP_EVERY_S", 0)


def kill_within(asked: Request, folder: Path, moment: str) -> None:
    process, _ = start_killable(explain_into, asked, folder, moment)
    process.join()
    assert process.exitcode == -signal.SIGKILL


def explained(asked: Request, folder: Path) -> tuple[Analysis, int]:
    """The analysis, and how many windows were there when it was taken up."""
    seen: list[int] = []

    def report(progress: Progress) -> None:
        if isinstance(progress, ExplainProgress):
            seen.append(len(progress.analysis.windows))

    analysis = explain(asked, report, folder=folder, resume=True)
    return analysis, seen[0] if seen else WINDOWS


def assert_equal(analysis: Analysis, whole: Analysis) -> None:
    steps = len(whole.step_frames)
    assert analysis.complete
    assert analysis.read_steps(0, steps).tobytes() == whole.read_steps(0, steps).tobytes()
    assert analysis.scale == whole.scale
    assert analysis.notices == whole.notices
    assert [w.start_step for w in analysis.windows] == [w.start_step for w in whole.windows]
    ratios = [[w.conservation for w in each.windows] for each in (analysis, whole)]
    assert np.array_equal(*ratios, equal_nan=True)
    assert np.array_equal(analysis.logits(), whole.logits())


@pytest.mark.parametrize(("moment", "done"), [("half a line:6", 6), ("chunk stored:1", 7)])
def test_a_killed_analysis_goes_on_where_it_was(
    asked: Request, whole: Analysis, tmp_path: Path, moment: str, done: int
) -> None:
    kill_within(asked, tmp_path / "a", moment)
    analysis, before = explained(asked, tmp_path / "a")
    assert before == done
    assert_equal(analysis, whole)
    assert_equal(Analysis.open(tmp_path / "a"), whole)


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment",
    [
        "chunk stored:0",
        "chunk stored:2",
        "journal:0",
        "journal:5",
        "journal written:0",
        "journal written:9",
        "half a line:0",
        "half a line:9",
        "unfinished:0",
        "unfinished:9",
        "half unfinished:0",
        "half unfinished:4",
        "finish:0",
        "document:0",
        "finished:0",
    ],
)
def test_an_analysis_killed_at_any_step_goes_on(
    asked: Request, whole: Analysis, tmp_path: Path, moment: str
) -> None:
    kill_within(asked, tmp_path, moment)
    assert_equal(explained(asked, tmp_path)[0], whole)
    assert_equal(explained(asked, tmp_path)[0], whole)


@pytest.mark.slow
def test_an_analysis_killed_again_and_again_is_that_of_one_run(
    asked: Request, whole: Analysis, tmp_path: Path
) -> None:
    draws, killed = np.random.default_rng(7), 0
    for _ in range(12):
        process, connection = start_killable(explain_into, asked, tmp_path)
        try:
            connection.recv()  # it explains
        except EOFError:
            break  # nothing was left to explain
        process.join(draws.uniform(0, 0.03))  # a window takes as long
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
    assert killed
    assert_equal(explained(asked, tmp_path)[0], whole)


@pytest.fixture
def broken_off(asked: Request, tmp_path: Path) -> Path:
    """A folder with the analysis of four windows, which was cancelled then."""
    token = CancelToken()

    def report(progress: Progress) -> None:
        if progress.done == 4:
            token.cancel()

    with pytest.raises(Cancelled):
        explain(asked, report, token.check, folder=tmp_path / "a", resume=True)
    return tmp_path / "a"


def test_a_cancelled_analysis_goes_on_where_it_was(
    asked: Request, whole: Analysis, broken_off: Path
) -> None:
    assert not (broken_off / DOCUMENT).exists()
    analysis, before = explained(asked, broken_off)
    assert before == 4
    assert_equal(analysis, whole)
    assert not (broken_off / resuming.JOURNAL).exists()
    assert not (broken_off / resuming.UNFINISHED).exists()


def test_what_was_begun_for_another_request_is_not_used(asked: Request, broken_off: Path) -> None:
    other = replace(asked, target=2, method="gradient")
    analysis, before = explained(other, broken_off)
    assert before == 0
    alone = explain(other)
    assert_equal(analysis, alone)
    alone.close()


def test_separation_is_no_part_of_what_is_gone_on_with(asked: Request, broken_off: Path) -> None:
    analysis, before = explained(replace(asked, preset="paper-2020", sigma=2.0), broken_off)
    assert before == 4
    assert (analysis.header.request.preset, analysis.header.request.sigma) == ("paper-2020", 2.0)


@pytest.fixture(scope="module")
def finished(asked: Request, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "a"
    explain(asked, folder=folder, resume=True)
    return folder


def test_a_finished_analysis_is_opened_without_the_model(
    asked: Request, whole: Analysis, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("engine.pipeline.explain_video.load_requested")
    analysis = explain(replace(asked, sigma=3.0), folder=finished, resume=True)
    assert analysis.header.request.sigma == 3.0
    assert_equal(analysis, whole)
    analysis.close()
    assert finished.exists()


def test_the_analysis_of_a_moved_video_is_opened(
    asked: Request, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("engine.pipeline.explain_video.load_requested")
    moved = tmp_path / "moved.mp4"
    moved.write_bytes(asked.video.read_bytes())
    analysis = explain(replace(asked, video=moved), folder=finished, resume=True)
    assert analysis.header.request.video == moved


def test_resuming_takes_a_folder(asked: Request) -> None:
    with pytest.raises(ValueError, match="folder"):
        explain(asked, resume=True)


def test_a_folder_that_cannot_be_written_is_named(asked: Request, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EngineError, match="file") as caught:
        explain(asked, folder=tmp_path / "file" / "a", resume=True)
    assert caught.value.hint


def stopped_after(asked: Request, folder: Path, windows: int) -> None:
    token = CancelToken()

    def report(progress: Progress) -> None:
        if isinstance(progress, ExplainProgress) and len(progress.analysis.windows) == windows:
            token.cancel()

    with pytest.raises(Cancelled):
        explain(asked, report, token.check, folder=folder, resume=True)


def test_batches_are_those_of_one_run(
    asked: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    explain_clips = Explainer.explain

    def watched(explainer: Explainer, clips: Sequence[Clip]) -> list[Attribution]:
        batches.append(len(clips))
        return explain_clips(explainer, clips)

    # As on a GPU: how many fit is known after the first.
    monkeypatch.setattr(Explainer, "batch", property(lambda explainer: 3 if batches else 1))
    monkeypatch.setattr(Explainer, "explain", watched)
    short = replace(asked, frames=(0, 56))
    whole = explain(short)
    assert batches == [1, 3, 2]
    batches.clear()
    stopped_after(short, tmp_path, 1)
    batches.clear()  # another process knows nothing of the GPU yet
    analysis, before = explained(short, tmp_path)
    assert (before, batches) == (1, [3, 2])
    assert_equal(analysis, whole)
    whole.close()


def test_a_damaged_video_is_gone_on_with(asked: Request, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.mp4"
    content = bytearray(asked.video.read_bytes())
    with av.open(str(asked.video)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    for packet in packets[20:23]:
        content[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    damaged.write_bytes(content)
    request = replace(asked, video=damaged, frames=(0, 48))
    whole = explain(request)
    stopped_after(request, tmp_path / "a", 2)
    analysis, before = explained(request, tmp_path / "a")
    assert before == 2
    assert_equal(analysis, whole)
    whole.close()


@pytest.mark.parametrize("method", ["smooth_grad", "grad_cam"])
def test_methods_with_chance_or_coarse_maps_are_gone_on_with(
    asked: Request, tmp_path: Path, method: str
) -> None:
    options = (("samples", 2),) if method == "smooth_grad" else ()
    request = replace(asked, method=method, options=options, frames=(0, 32), target=None)
    whole = explain(request)
    stopped_after(request, tmp_path, 2)
    analysis, before = explained(request, tmp_path)
    assert before == 2
    assert_equal(analysis, whole)
    whole.close()
