"""The cache of decoded frames."""

from __future__ import annotations

import av

from engine.video.decode.cache import FrameCache


def test_cache_drops_the_least_recently_used_first() -> None:
    frames = [av.VideoFrame(64, 64, "gray") for _ in range(3)]
    cache = FrameCache(2 * 64 * 64)
    cache.put(0, frames[0])
    cache.put(1, frames[1])
    assert cache.get(0) is frames[0]
    cache.put(2, frames[2])
    assert cache.get(1) is None
    assert cache.get(0) is frames[0]
    assert cache.used_bytes <= 2 * 64 * 64
    assert cache.room_for(frames[0]) == 2


def test_cache_keeps_one_frame_however_large_and_counts_bytes_once() -> None:
    frame = av.VideoFrame(64, 64, "gray")
    cache = FrameCache(0)
    cache.put(0, frame)
    cache.put(0, frame)
    assert cache.get(0) is frame
    assert cache.used_bytes == 64 * 64
    cache.clear()
    assert cache.used_bytes == 0
