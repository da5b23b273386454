from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine.cancel import Cancelled, CancelToken, never
from engine.errors import EngineError
from engine.store import Analysis
from engine.store.summary import SUMMARY, summary_of
from engine.types import Request
from engine.video.content_hash import content_id
from gui.backend import ResultBackend
from gui.state.video_info import VideoRequest
from inspector.backend.analysis_cache import AnalysisCache
from inspector.backend.results import result_services
from tests.engine.store.analyses import header_of, noise, window_of


@pytest.fixture
def video(tmp_path: Path) -> Path:
    (tmp_path / "video.mp4").write_bytes(b"video")
    return tmp_path / "video.mp4"


@pytest.fixture
def cache(tmp_path: Path) -> AnalysisCache:
    return AnalysisCache(tmp_path / "cache")


@pytest.fixture
def results(cache: AnalysisCache) -> ResultBackend:
    return result_services(cache)


def kept(folder: Path, video: Path, stream: int | None = None) -> Path:
    """A finished analysis of a video in the cache, of a version that kept no summaries."""
    header = header_of(8)
    asked = Request(video, frames=(0, 8), stream=stream)
    analysis = Analysis.create(replace(header, content=content_id(video), request=asked))
    analysis.append([window_of(header, 0)], noise(8))
    analysis.save(folder, preset="recommended", sigma=1.0)
    analysis.close()
    return folder


def test_listed_are_those_of_the_content(
    results: ResultBackend, video: Path, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "cache" / "a", video)
    kept(tmp_path / "cache" / "b", video, stream=1)
    (tmp_path / "cache" / "broken").mkdir()
    (tmp_path / "cache" / "broken" / "analysis.json").write_text("{}")
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(b"video")
    assert [each.folder for each in results.listed(VideoRequest(copy), never)] == [folder]
    copy.write_bytes(b"other")
    assert results.listed(VideoRequest(copy), never) == ()


def test_listed_are_those_of_a_recording_that_went_on(
    results: ResultBackend, video: Path, tmp_path: Path
) -> None:
    kept(tmp_path / "cache" / "a", video)
    video.write_bytes(b"video and more")
    assert len(results.listed(VideoRequest(video), never)) == 1


def test_listing_keeps_summaries_and_makes_nothing_look_used(
    results: ResultBackend, video: Path, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "cache" / "a", video)
    used_ns = folder.stat().st_mtime_ns
    results.listed(VideoRequest(video), never)
    assert (folder / SUMMARY).is_file()
    assert folder.stat().st_mtime_ns == used_ns


def test_listing_can_be_cancelled(results: ResultBackend, video: Path, tmp_path: Path) -> None:
    kept(tmp_path / "cache" / "a", video)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        results.listed(VideoRequest(video), token.check)


def test_open_is_in_use_until_it_is_closed(
    results: ResultBackend, cache: AnalysisCache, video: Path, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "cache" / "a", video)
    analysis = results.open(folder, video)
    assert not results.remove(folder)
    cache.make_room(limit_bytes=0)
    assert folder.is_dir()
    analysis.close()
    assert results.remove(folder)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["cache.lock"]
    assert results.remove(folder)  # which is gone already


def test_open_of_another_video_is_refused_and_lets_go(
    results: ResultBackend, video: Path, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "cache" / "a", video)
    other = tmp_path / "other.mp4"
    other.write_bytes(b"other")
    for place, over in ((folder, other), (tmp_path / "cache" / "gone", video)):
        with pytest.raises(EngineError):
            results.open(place, over)
    assert results.remove(folder)


def test_name_is_kept_beside_the_analysis(
    results: ResultBackend, video: Path, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "cache" / "a", video)
    assert results.rename(folder, "Mine")
    assert results.rename(tmp_path / "cache" / "gone", "Mine")
    assert [each.summary.name for each in results.listed(VideoRequest(video), never)] == ["Mine"]


def test_many_results_are_listed_soon(
    results: ResultBackend, cache: AnalysisCache, video: Path, tmp_path: Path
) -> None:
    folder = kept(tmp_path / "cache" / "a", video)
    summary = summary_of(Analysis.open(folder), 1.0)
    for number in range(100):
        place = tmp_path / "cache" / f"k{number}"
        place.mkdir()
        (place / "analysis.json").write_text("never read")
        cache.keep_summary(place, replace(summary, name=str(number)))
    began_s = time.monotonic()
    assert len(results.listed(VideoRequest(video), never)) == 101
    assert time.monotonic() - began_s < 2
