"""A video in use while its frames are still being counted, and what is learnt of damage."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import VideoError
from engine.video import open_video
from engine.video.scan.damage import damaged_ranges
from tests.engine.video.numbered import Clip, number_in
from tests.engine.video.tables import decoded, table
from tests.engine.video.test_refusals import damaged_file
from tests.waiting import wait_until


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    return Clip("a.ts", "mpeg2video", {"g": "12", "bf": "2"}, frames=60).write(tmp_path)


def test_video_in_background_can_be_used_at_once_and_grows_to_its_full_length(stream: Path) -> None:
    with open_video(stream) as whole:
        times_s = whole.timestamps_s
    stream.touch()  # not kept on disk under its new time
    with open_video(stream, in_background=True) as video:
        known = len(video)
        assert known >= 1
        assert number_in(video[known - 1]) == known - 1
        wait_until(lambda: video.progress == 1)
        assert [number_in(picture) for picture in video] == list(range(60))
        assert np.array_equal(video.timestamps_s, times_s)


def test_video_in_background_finds_out_later_what_is_lost(tmp_path: Path) -> None:
    with open_video(damaged_file(tmp_path), in_background=True) as video:
        with pytest.raises(VideoError):
            video[5]
        wait_until(lambda: video.damaged_ranges == ((5, 7),))
        assert video.damaged_frames == {5, 6}
        assert len(video) == 12


def test_damaged_ranges_reach_from_the_failure_to_the_next_start() -> None:
    packets = table([0, 10, 20, 30, 40, 50, 60], key=(0, 3, 5))
    assert damaged_ranges(decoded(packets, range(7), failed=(4,)), ()) == ((4, 5),)
    assert damaged_ranges(decoded(packets, range(7), failed=(1,)), ()) == ((1, 3),)
    assert damaged_ranges(decoded(packets, range(7), failed=(1, 4)), (3,)) == ((1, 5),)


def test_damaged_ranges_of_a_gap_are_the_frames_beside_it() -> None:
    packets = table([0, 10, 20, 30, 40, 50], key=(0, 2, 4))
    index = decoded(packets, [0, 1, 4, 5], failed=(2,))
    assert damaged_ranges(index, ()) == ((1, 3),)
    assert damaged_ranges(decoded(packets, range(6)), ()) == ()


def scratched(folder: Path) -> Path:
    """A clip in which bytes inside packet 15 are overwritten; the frames behind refer to it."""
    path = Clip("a.mp4", "libx264", {"g": "12", "bf": "0", "crf": "5"}, frames=48).write(folder)
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    content = bytearray(path.read_bytes())
    start = content.find(bytes(packets[15])) + packets[15].size // 2
    for place in range(start, start + 12):
        content[place] ^= 0xFF
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("in_background", [False, True])
def test_video_knows_of_damage_that_was_painted_over(tmp_path: Path, in_background: bool) -> None:
    with open_video(scratched(tmp_path), in_background=in_background) as video:
        assert video.damaged_ranges == ()
        assert video[20].shape == (96, 128, 3)
        wait_until(lambda: video.damaged_ranges != ())
        [(first, stop)] = video.damaged_ranges
        assert 12 <= first <= 15
        assert stop == 24
        assert number_in(video[40]) == 40
