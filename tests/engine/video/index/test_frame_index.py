"""The order of frames, and where decoding starts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.video.index.frame_index import NO_TIME, index_by_time, is_risky
from tests.engine.video.tables import decoded, table


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
