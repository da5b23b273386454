"""Times of frames, and the rate."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.video import open_video
from engine.video.index.frame_index import NO_TIME
from engine.video.index.times import average_fps, frame_times
from tests.engine.video.tables import decoded, table


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


REORDERED = [0, 3, 2, 4, 1]  # packet of each frame: the middle one of three is shown from, too


def test_times_that_rise_in_decoding_order_are_no_presentation_times() -> None:
    filled_in = replace(table([10, 20, 30, 40, 50]), dts=10 * np.arange(5))
    found = frame_times(decoded(filled_in, REORDERED), Fraction(1, 100), 10.0)
    assert found == pytest.approx(np.arange(2, 7) / 10)


def test_decoding_times_are_those_of_the_packet_that_sets_a_frame_free() -> None:
    timeless = replace(table([NO_TIME] * 5), dts=np.array([0, 10, 20, 60, 70]))
    index = decoded(timeless, REORDERED)
    found = frame_times(index, Fraction(1, 100), 10.0)
    assert found == pytest.approx([0.2, 0.6, 0.7, 0.8, 0.9])
    in_order = decoded(timeless, range(5))
    assert frame_times(in_order, Fraction(1, 100), 10.0, freed_by=1) == pytest.approx(
        [0.1, 0.2, 0.6, 0.7, 0.8]
    )


def test_true_times_of_reordered_frames_stay() -> None:
    true = table([0, 30, 10, 20, 60, 40, 50])
    index = decoded(true, [0, 2, 3, 1, 5, 6, 4])
    assert frame_times(index, Fraction(1, 100), 10.0) == pytest.approx(np.arange(7) / 10)


@pytest.mark.parametrize(
    ("name", "codec", "rate", "held"),
    [
        ("film.avi", "libx264", Fraction(24000, 1001), 2),
        ("twelve.avi", "libx264", Fraction(12), 2),
        ("asp.avi", "mpeg4", Fraction(25), 1),
        ("raw.h264", "libx264", Fraction(30), 0),
        ("raw.hevc", "libx265", Fraction(15), 0),
    ],
)
def test_files_without_presentation_times_run_at_their_constant_rate(
    tmp_path: Path, name: str, codec: str, rate: Fraction, held: int
) -> None:
    path = tmp_path / name
    write_reordered(path, codec, rate)
    with open_video(path) as video:
        assert video.fps == pytest.approx(float(rate))
        assert video.timestamps_s == pytest.approx((np.arange(_FRAMES) + held) / float(rate))
        shades = [float(video[i].mean()) for i in range(_FRAMES)]
    assert shades == sorted(shades)  # in display order


_FRAMES = 14


def write_reordered(path: Path, codec: str, rate: Fraction) -> None:
    """Write ever brighter pictures, with B-frames and moving noise so that they are used."""
    options = {"x264-params": "b-adapt=0:bframes=3:b-pyramid=normal"} if "264" in codec else {}
    options |= {"x265-params": "log-level=none:bframes=2:b-adapt=0"} if "265" in codec else {}
    form = path.suffix.removeprefix(".")
    with av.open(str(path), "w", format=form) as out:
        stream = out.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.max_b_frames = 2
        stream.codec_context.thread_count = 1
        for number in range(_FRAMES):
            pixels = np.full((48, 64, 3), 20 + 12 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts, frame.time_base = number, 1 / rate
            out.mux(stream.encode(frame))
        out.mux(stream.encode())


def test_average_fps_prefers_the_stated_rate_only_where_it_fits() -> None:
    assert average_fps(np.array([0, 0.033, 0.067]), 30_000 / 1001) == 30_000 / 1001
    assert average_fps(np.array([0, 0.5, 1.0]), 30.0) == 2.0
    assert average_fps(np.array([0.0]), 12.0) == 12.0
