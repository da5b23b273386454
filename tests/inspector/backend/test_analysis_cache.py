from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.cancel import Cancelled, CancelToken, never
from engine.pipeline.cache_key import request_key
from engine.pipeline.cache_lookup import resumable
from engine.store import Analysis, ExplainProgress
from engine.types import Progress, Request
from engine.utils.locks import FileLock, alone, is_held
from inspector.backend.analysis_cache import AnalysisCache
from tests.engine.store.analyses import header_of, noise, window_of

STEPS = 40


class Engine:
    """Explains by noise, one window of eight steps after the other, as the pipeline does."""

    def __init__(self) -> None:
        self.folders: list[Path | None] = []
        self.keys: list[str | None] = []
        self.windows = 0

    def explain(
        self,
        request: Request,
        report: Callable[[Progress], None],
        check: Callable[[], None],
        *,
        folder: Path | None = None,
        resume: bool = False,
        key: str | None = None,
        content: str | None = None,
        playhead: int | None = None,
    ) -> Analysis:
        self.folders.append(folder)
        self.keys.append(key)
        kept = None
        if resume and folder is not None and key is not None:
            kept = resumable(request, folder, key)
        header = replace(header_of(STEPS), request=replace(request, frames=(0, STEPS)))
        if kept is None:
            analysis = Analysis.create(header, folder)
        else:
            analysis, _ = kept.begin(header, "cpu", check)
        relevance = noise(STEPS, seed=hash(request.target) % 97)
        for first in range(analysis.steps_written, STEPS, 8):
            self.windows += 1
            analysis.append([window_of(header, first)], relevance[first : first + 8])
            if kept is not None:
                kept.keep(analysis, {}, now=True)
            report(ExplainProgress("Explaining", analysis=analysis))
            check()
        if kept is not None:
            kept.finish(analysis)
        return analysis


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    monkeypatch.setattr("engine.pipeline.explain", engine.explain)
    return engine


@pytest.fixture
def asked(tmp_path: Path) -> Request:
    (tmp_path / "video.mp4").write_bytes(b"video")
    return Request(tmp_path / "video.mp4", target=1)


@pytest.fixture
def cache(tmp_path: Path) -> AnalysisCache:
    return AnalysisCache(tmp_path / "cache")


def nobody(progress: Progress) -> None:
    """Report to nobody."""


def explained(cache: AnalysisCache, request: Request) -> Analysis:
    return cache.explain_cached(request, nobody, never)


def close_after(cache: AnalysisCache, request: Request) -> Path:
    analysis = explained(cache, request)
    analysis.close()
    return analysis.folder


def test_what_was_explained_is_opened_the_next_time(
    cache: AnalysisCache, asked: Request, engine: Engine, tmp_path: Path
) -> None:
    first = explained(cache, asked)
    relevance = first.read_steps(0, STEPS)
    first.close()
    (tmp_path / "moved.mp4").write_bytes(b"video")
    moved = replace(asked, video=tmp_path / "moved.mp4", preset="paper-2020", sigma=2.0)
    again = explained(AnalysisCache(tmp_path / "cache"), moved)
    assert len(engine.folders) == 1
    assert again.folder == first.folder == cache.folder_of(asked)
    assert np.array_equal(again.read_steps(0, STEPS), relevance)
    assert again.header.request.video == moved.video
    assert (again.header.request.preset, again.header.request.sigma) == ("paper-2020", 2.0)
    again.close()


def test_what_has_maps_answers_every_separation(
    cache: AnalysisCache, asked: Request, engine: Engine
) -> None:
    explained(cache, replace(asked, preset="evidence")).close()
    again = explained(cache, asked)
    assert len(engine.folders) == 1
    assert again.header.request.preset == "recommended"
    again.close()


def test_what_has_no_maps_does_not_answer_for_evidence(
    cache: AnalysisCache, asked: Request, engine: Engine
) -> None:
    explained(cache, asked).close()
    explained(cache, replace(asked, preset="evidence")).close()
    assert len(engine.folders) == 2


def test_a_miss_computes_the_key_once_and_passes_it_on(
    cache: AnalysisCache, asked: Request, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str | None] = []

    def counted(request: Request) -> str | None:
        keys.append(request_key(request))
        return keys[-1]

    monkeypatch.setattr("inspector.backend.analysis_cache.request_key", counted)
    explained(cache, asked).close()
    assert len(keys) == 1
    assert engine.keys == keys


def test_another_request_is_explained(cache: AnalysisCache, asked: Request, engine: Engine) -> None:
    assert close_after(cache, asked) != close_after(cache, replace(asked, target=2))
    assert len(engine.folders) == 2


def test_what_was_cancelled_is_gone_on_with(
    cache: AnalysisCache, asked: Request, engine: Engine
) -> None:
    token = CancelToken()
    with pytest.raises(Cancelled):
        cache.explain_cached(asked, lambda progress: token.cancel(), token.check)
    assert engine.windows == 1
    analysis = explained(cache, asked)
    assert engine.windows == STEPS // 8
    assert analysis.complete
    analysis.close()


def test_a_second_one_that_explains_the_same_gets_a_folder_of_its_own(
    cache: AnalysisCache, asked: Request, engine: Engine
) -> None:
    inner: list[Analysis] = []

    def report(progress: Progress) -> None:
        if not inner:
            inner.append(explained(cache, asked))

    outer = cache.explain_cached(asked, report, never)
    assert engine.folders == [cache.folder_of(asked), None]
    assert np.array_equal(outer.read_steps(0, STEPS), inner[0].read_steps(0, STEPS))
    inner[0].close()
    assert not inner[0].folder.exists()
    outer.close()
    assert outer.folder.exists()


def test_two_may_show_the_same_at_once(
    cache: AnalysisCache, asked: Request, engine: Engine
) -> None:
    analyses = [explained(cache, asked) for _ in range(3)]
    assert len(engine.folders) == 1
    assert len({analysis.folder for analysis in analyses}) == 1
    for analysis in analyses:
        analysis.close()


def test_threads_that_explain_the_same_do_not_disturb_each_other(
    cache: AnalysisCache, asked: Request, engine: Engine
) -> None:
    found: list[Analysis] = []
    threads = [
        threading.Thread(target=lambda: found.append(explained(cache, asked))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len({analysis.read_steps(0, STEPS).tobytes() for analysis in found}) == 1
    for analysis in found:
        analysis.close()


def last_used(folder: Path, second: int) -> None:
    os.utime(folder, (second, second))


def test_the_least_recently_used_are_removed_first(
    cache: AnalysisCache, asked: Request, engine: Engine
) -> None:
    folders = [close_after(cache, replace(asked, target=target)) for target in range(4)]
    for second, folder in zip((30, 10, 40, 20), folders, strict=True):
        last_used(folder, second)
    cache.make_room(cache.size_bytes() * 5 // 8)
    assert [folder.exists() for folder in folders] == [True, False, True, False]
    assert not list(folders[0].parent.glob("*.trash"))


def test_opening_counts_as_using(cache: AnalysisCache, asked: Request, engine: Engine) -> None:
    old, new = (close_after(cache, replace(asked, target=target)) for target in range(2))
    last_used(old, 10)
    last_used(new, 20)
    close_after(cache, replace(asked, target=0))
    cache.make_room(cache.size_bytes() * 3 // 4)
    assert old.exists()
    assert not new.exists()


def test_what_is_in_use_is_not_removed(
    cache: AnalysisCache, asked: Request, engine: Engine
) -> None:
    analysis = explained(cache, asked)
    cache.make_room(0)
    assert analysis.folder.exists()
    analysis.close()
    cache.make_room(0)
    assert not analysis.folder.exists()
    assert cache.size_bytes() == 0


def test_the_limit_holds_after_each_explanation(
    tmp_path: Path, asked: Request, engine: Engine
) -> None:
    one = AnalysisCache(tmp_path / "one")
    close_after(one, asked)
    small = AnalysisCache(tmp_path / "small", limit_bytes=one.size_bytes() * 5 // 2)
    for target in range(5):
        close_after(small, replace(asked, target=target))
    assert small.size_bytes() <= one.size_bytes() * 5 // 2
    assert cache_count(tmp_path / "small") == 2


def cache_count(folder: Path) -> int:
    return sum(path.is_dir() for path in folder.iterdir())


def test_what_cannot_be_kept_is_explained_all_the_same(
    tmp_path: Path, asked: Request, engine: Engine
) -> None:
    (tmp_path / "file").write_text("in the way")
    analysis = explained(AnalysisCache(tmp_path / "file" / "cache"), asked)
    assert engine.folders == [None]
    assert analysis.complete
    analysis.close()


def test_models_that_cannot_be_followed_are_not_kept(
    cache: AnalysisCache, asked: Request, engine: Engine
) -> None:
    unknown = replace(asked, model="of a plugin")
    explained(cache, unknown).close()
    assert engine.folders == [None]
    assert cache.folder_of(unknown) is None
    assert cache.size_bytes() == 0


def test_an_error_lets_go_of_the_entry(
    cache: AnalysisCache, asked: Request, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("broken")

    with monkeypatch.context() as patch:
        patch.setattr("engine.pipeline.explain", broken)
        with pytest.raises(ValueError, match="broken"):
            explained(cache, asked)
    assert close_after(cache, asked) == cache.folder_of(asked)


def test_an_error_at_opening_one_with_maps_lets_go_of_it(
    cache: AnalysisCache, asked: Request, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = explained(cache, replace(asked, preset="evidence"))
    first.close()

    def broken(*_: object) -> None:
        raise MemoryError("broken")

    monkeypatch.setattr("inspector.backend.analysis_cache.open_finished", broken)
    with pytest.raises(MemoryError, match="broken"):
        explained(cache, asked)
    assert cache.remove(first.folder)


@pytest.fixture
def holder(cache: AnalysisCache, asked: Request) -> Iterator[subprocess.Popen[str]]:
    """Another process that computes the request."""
    key = request_key(asked)
    folder = cache.folder_of(asked)
    assert folder is not None
    folder.parent.mkdir(parents=True)
    code = (
        "import sys; from pathlib import Path; from engine.utils.locks import FileLock;"
        f"lock = FileLock.take(Path({str(folder.parent / f'{key}.1-2.use')!r}));"
        "print(lock is not None, flush=True); sys.stdin.read()"
    )
    root = str(Path(__file__).parents[3])
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def test_another_process_that_computes_the_same_is_left_alone(
    cache: AnalysisCache, asked: Request, engine: Engine, holder: subprocess.Popen[str]
) -> None:
    explained(cache, asked).close()
    assert engine.folders == [None]
    os.kill(holder.pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    holder.wait()
    explained(cache, asked).close()
    assert engine.folders == [None, cache.folder_of(asked)]


def test_a_lock_is_held_until_it_is_released(tmp_path: Path) -> None:
    lock = FileLock.take(tmp_path / "a.use")
    assert lock is not None
    assert is_held(lock.path)
    assert FileLock.take(lock.path) is None
    lock.release()
    lock.release()
    assert not lock.path.exists()
    assert not is_held(lock.path)


def test_one_thread_at_a_time_is_alone(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(20):
            with alone(tmp_path / "lock"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}


def test_opening_what_is_kept_is_quick(
    cache: AnalysisCache, asked: Request, engine: Engine
) -> None:
    close_after(cache, asked)
    began = time.perf_counter()
    close_after(cache, asked)
    assert time.perf_counter() - began < 0.5


def test_has_tells_what_is_finished(engine: Engine, cache: AnalysisCache, asked: Request) -> None:
    assert not cache.has(asked)
    close_after(cache, asked)
    assert cache.has(asked)
    assert cache.has(replace(asked, sigma=asked.sigma + 1))
    assert not cache.has(replace(asked, frames=(1, 9)))
