"""The index, the times and the cache on their own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from engine.video.decode.cache import FrameCache
from engine.video.decode.colour import Orientation, _from_matrix, _turned_by
from engine.video.index.frame_index import (
    NO_TIME,
    Index,
    PacketTable,
    index_by_decoding,
    index_by_time,
    is_risky,
)
from engine.video.index.times import average_fps, frame_times


def table(pts: list[int], *, key: tuple[int, ...] = (0,), discard: tuple[int, ...] = ()):
    count = len(pts)
    numbers = np.arange(count)
    return PacketTable(
        pts=np.array(pts, np.int64),
        dts=numbers * 10,
        pos=numbers * 100,
        size=np.full(count, 100),
        key=np.isin(numbers, key),
        discard=np.isin(numbers, discard),
        corrupt=np.zeros(count, bool),
        breaks=np.empty(0, np.int64),
    )


def decoded(packets: PacketTable, order: Iterable[int], failed: tuple[int, ...] = ()) -> Index:
    return index_by_decoding(
        packets,
        np.array(list(order), np.int64),
        np.flatnonzero(packets.key),
        "h264",
        verified=True,
        damaged=bool(failed),
        failed=np.array(failed, np.int64),
    )


def test_index_orders_packets_by_time_and_skips_hidden_ones() -> None:
    index = index_by_time(table([0, 30, 10, 20, 40], discard=(0,)), "h264")
    assert index.shown.tolist() == [2, 3, 1, 4]
    assert index.frame_of.tolist() == [-1, 2, 0, 1, 3]


def test_index_starts_before_pictures_that_lead_an_open_group() -> None:
    open_group = index_by_time(table([0, 10, 40, 20, 30, 50], key=(0, 2)), "hevc")
    assert open_group.first_frames.tolist() == [0, 4]
    assert [open_group.start_for(frame) for frame in range(6)] == [0, 0, 0, 0, 1, 1]


def test_index_starts_at_a_hidden_key_packet() -> None:
    index = index_by_time(table([0, 10, 20, 30], key=(0, 2), discard=(0, 1, 2)), "h264")
    assert index.starts[index.start_for(0)] == 2


def test_index_of_pictures_painted_over_one_another_has_one_start() -> None:
    assert index_by_time(table([0, 10, 20], key=(0, 1, 2)), "gif").starts.tolist() == [0]


def test_index_by_decoding_keeps_the_order_of_the_decoder() -> None:
    index = decoded(table([0, 0, 0, 0], key=(0, 2)), [0, 2, 1])
    assert len(index) == 3
    assert index.frame_of.tolist() == [0, 2, 1, -1]
    assert index.first_frames.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("changes", "format_name", "codec", "risky"),
    [
        ({}, "mov,mp4,m4a", "h264", False),
        ({}, "matroska,webm", "vp9", False),
        ({}, "matroska,webm", "vp8", True),
        ({}, "mpegts", "h264", True),
        ({"key": np.ones(3, bool)}, "mov,mp4,m4a", "h264", False),
        ({"key": np.ones(3, bool)}, "mov,mp4,m4a", "rpza", True),
        ({"breaks": np.array([1])}, "mov,mp4,m4a", "h264", True),
        ({"corrupt": np.array([0, 0, 1], bool)}, "mov,mp4,m4a", "h264", True),
        ({"key": np.zeros(3, bool)}, "mov,mp4,m4a", "h264", True),
        ({"pts": np.array([0, 1, 1])}, "mov,mp4,m4a", "h264", True),
        ({"pts": np.array([0, 1, NO_TIME])}, "mov,mp4,m4a", "h264", True),
    ],
)
def test_is_risky(changes: dict, format_name: str, codec: str, risky: bool) -> None:
    assert (
        is_risky(replace(table([0, 1, 2]), **changes), format_name, codec, intra_only=False)
        is risky
    )


def times(pts: list[int]) -> list[float]:
    index = decoded(table(pts), range(len(pts)))
    return frame_times(index, Fraction(1, 100), 10.0).tolist()


def test_frame_times_are_the_files_own() -> None:
    assert times([50, 60, 75]) == [0.5, 0.6, 0.75]


def test_frame_times_fill_what_is_missing_or_repeated_or_wild() -> None:
    assert times([NO_TIME, 10, 20, 20, 40, 99_999, 60, NO_TIME]) == pytest.approx(
        [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    )


def test_frame_times_fall_back_to_decoding_times_and_then_to_the_rate() -> None:
    assert times([NO_TIME] * 3) == pytest.approx([0, 0.1, 0.2])
    timeless = replace(table([NO_TIME] * 3), dts=np.full(3, NO_TIME))
    index = decoded(timeless, range(3))
    assert frame_times(index, Fraction(1, 100), 4.0).tolist() == [0, 0.25, 0.5]


def test_average_fps_prefers_the_stated_rate_only_where_it_fits() -> None:
    assert average_fps(np.array([0, 0.033, 0.067]), 30_000 / 1001) == 30_000 / 1001
    assert average_fps(np.array([0, 0.5, 1.0]), 30.0) == 2.0
    assert average_fps(np.array([0.0]), 12.0) == 12.0


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


def test_orientation_turns_like_rot90() -> None:
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    for degrees in (0, 90, 180, -90, -180):
        expected = np.rot90(picture, degrees // 90 % 4)
        assert np.array_equal(_turned_by(degrees).apply(picture), expected)
    quarter = _from_matrix(np.array([[0, -65536], [65536, 0]], np.int32))
    assert np.array_equal(quarter.apply(picture), np.rot90(picture))
    assert quarter.size(4, 2) == (2, 4)
    assert _from_matrix(np.array([[-65536, 0], [0, 65536]], np.int32)) == Orientation(False, True)
