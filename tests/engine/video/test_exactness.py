"""Frame i is picture i in every kind of file, however it was reached."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.video import Video, open_video
from tests.engine.video.numbered import Clip, cut, number_in

B_FRAMES = {"g": "12", "bf": "3"}
INTERLACED = {"flags": "+ildct+ilme", "x264-params": "tff=1:keyint=12"}
VARIABLE_MS = [number * 40 + (number % 3) * 11 for number in range(40)]


def turned(degrees: int, *, mirror: bool = False):
    return lambda stream: stream.set_display_rotation(degrees, mirror, False)


CLIPS = [
    Clip("gop12.mp4", "libx264", B_FRAMES),
    Clip("gop250.mp4", "libx264", {"g": "250", "bf": "3"}, frames=120),
    Clip("gop12.mkv", "libx264", B_FRAMES),
    Clip("fragmented.mp4", "libx264", B_FRAMES, mux={"movflags": "frag_keyframe+empty_moov"}),
    Clip("refresh.mkv", "libx264", {"x264-params": "intra-refresh=1:keyint=12:bframes=0"}),
    Clip("refresh.mp4", "libx264", {"x264-params": "intra-refresh=1:keyint=12:bframes=0"}),
    Clip("opengop264.mp4", "libx264", {"x264-params": "open-gop=1:keyint=12:bframes=3"}),
    Clip("opengop265.mp4", "libx265", {"x265-params": "open-gop=1:keyint=12:log-level=none"}),
    Clip(
        "ten_bit.mkv",
        "libx265",
        {"x265-params": "keyint=12:log-level=none"},
        20,
        (128, 96),
        "yuv420p10le",
    ),
    Clip("interlaced.mp4", "libx264", INTERLACED),
    Clip("variable.mp4", "libx264", B_FRAMES, times_ms=VARIABLE_MS),
    Clip("variable.mkv", "libx264", B_FRAMES, times_ms=VARIABLE_MS),
    Clip("late.mp4", "libx264", B_FRAMES, times_ms=[5_000 + 40 * n for n in range(40)]),
    Clip("late.mkv", "libx264", B_FRAMES, times_ms=[5_000 + 40 * n for n in range(40)]),
    Clip("right.mp4", "libx264", B_FRAMES, prepare=turned(90), turn=partial(np.rot90, k=-1)),
    Clip("over.mp4", "libx264", B_FRAMES, prepare=turned(180), turn=partial(np.rot90, k=2)),
    Clip("left.mp4", "libx264", B_FRAMES, prepare=turned(270), turn=partial(np.rot90, k=1)),
    Clip("mirror.mp4", "libx264", B_FRAMES, prepare=turned(0, mirror=True), turn=np.fliplr),
    Clip("odd.mkv", "libvpx-vp9", {"deadline": "realtime"}, size=(131, 97)),
    Clip("vp9.webm", "libvpx-vp9", {"deadline": "realtime", "g": "12"}),
    Clip("vp8.webm", "libvpx", {"auto-alt-ref": "1", "lag-in-frames": "10", "g": "12"}),
    Clip("av1.mkv", "libsvtav1", {"preset": "12", "g": "12"}, 20),
    Clip("b_frames.avi", "mpeg4", {"bf": "2", "g": "12"}),
    Clip("plain.avi", "mpeg4", {"g": "12"}),
    Clip("motion_jpeg.mov", "mjpeg", pix_fmt="yuvj420p"),
    Clip("prores.mov", "prores_ks", pix_fmt="yuv422p10le"),
    Clip("rgb.mkv", "ffv1", pix_fmt="bgr0"),
    Clip("raw.mov", "rawvideo", pix_fmt="rgb24"),
    Clip("windows.wmv", "wmv2", {"g": "12"}),
    Clip("h264.ts", "libx264", B_FRAMES),
    Clip("mpeg2.ts", "mpeg2video", {"bf": "2", "g": "12"}),
    Clip("mpeg2.mpg", "mpeg2video", {"bf": "2", "g": "12"}),
    Clip("raw.h264", "libx264", B_FRAMES),
    Clip("flash.flv", "libx264", B_FRAMES),
    Clip("animated.gif", "gif", pix_fmt="rgb8"),
    Clip("animated.apng", "apng", pix_fmt="rgb24"),
    Clip("single.mp4", "libx264", frames=1),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


def assert_exact(video: Video, numbers: list[int]) -> None:
    """In sequence, at random, backwards from a fresh cache: the same pictures, the right ones."""
    sequential = list(video)
    assert [number_in(picture) for picture in sequential] == numbers
    random = np.random.default_rng(0).integers(0, len(video), 25)
    for order in (random, range(len(video))[::-1]):
        with open_video(video.path, cache_bytes=200_000) as other:
            assert all(np.array_equal(other[i], sequential[i]) for i in order)


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_video_frame_is_the_same_however_reached(clip: Clip, folder: Path) -> None:
    with open_video(clip.write(folder)) as video:
        assert video.size == clip.size
        assert_exact(video, list(range(clip.frames)))
        assert len(video.timestamps_s) == clip.frames
        assert (np.diff(video.timestamps_s) > 0).all()


def plainly_decoded(path: Path) -> list[int]:
    """Numbers that a plain decoding loop sees; slice threads, which lose none after an error."""
    numbers = []
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "SLICE"
        for packet in container.demux(video=0):
            with suppress(av.error.InvalidDataError):
                numbers += [
                    number_in(frame.to_ndarray(format="rgb24")) for frame in packet.decode()
                ]
    return numbers


@pytest.mark.parametrize(
    ("name", "codec"),
    [("cut.mp4", "libx264"), ("cut.mkv", "libx264"), ("cut.ts", "libx264"), ("cut.avi", "mpeg4")],
)
def test_video_truncated_file_gives_the_frames_that_decode(
    name: str, codec: str, folder: Path
) -> None:
    mux = {"movflags": "+faststart"} if name.endswith("mp4") else {}
    path = cut(Clip(f"whole_{name}", codec, B_FRAMES, mux=mux).write(folder), 0, 0.7, name)
    numbers = plainly_decoded(path)
    assert 10 < len(numbers) < 40
    with open_video(path) as video:
        assert_exact(video, numbers)


def test_video_transport_stream_cut_inside_a_group_starts_at_its_first_whole_frame(
    folder: Path,
) -> None:
    whole = Clip("whole.ts", "libx264", B_FRAMES).write(folder)
    with open_video(cut(whole, 0.4, 1, "cut_front.ts")) as video:
        numbers = [number_in(picture) for picture in video]
        assert numbers[-1] == 39
        assert_exact(video, list(range(numbers[0], 40)))


@pytest.fixture(scope="module")
def long_group(folder: Path) -> Path:
    return Clip("long_group.mp4", "libx264", {"g": "60", "bf": "3"}, frames=90).write(folder)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.lists(st.integers(0, 89), min_size=1, max_size=12),
    cache_bytes=st.sampled_from([0, 100_000, 2**20, 2**30]),
)
def test_video_any_order_of_access_gives_the_numbers_asked_for(
    long_group: Path, order: list[int], cache_bytes: int
) -> None:
    with open_video(long_group, cache_bytes=cache_bytes) as video:
        assert [number_in(video[i]) for i in order] == order
        assert [number_in(picture) for picture in video.frames(order)] == order
