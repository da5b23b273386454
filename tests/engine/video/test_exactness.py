"""Frame i is picture i in every kind of file, however it was reached, and at the right time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.video import open_video
from tests.engine.video.awkward import FILES, written
from tests.engine.video.awkward_file import Awkward, MissingToolError
from tests.engine.video.judging import judge, read_ours
from tests.engine.video.numbered import Clip, number_in

READABLE = [file for file in FILES.values() if file.right in ("numbers", "plain")]
HARMED = [file for file in FILES.values() if file.right in ("damaged", "refused")]
TIMED = [file for file in FILES.values() if file.times_ms is not None]
COLOURED = [file for file in FILES.values() if file.colour_error is not None]


@pytest.fixture(scope="module", autouse=True)
def no_old_indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is known of the files at first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOTION_INSPECTOR_CACHE", str(tmp_path_factory.mktemp("indexes")))
        yield


def named(file: Awkward) -> str:
    return file.name


def path_of(file: Awkward) -> Path:
    try:
        return written(file)
    except MissingToolError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("file", READABLE, ids=named)
def test_video_frame_is_the_same_however_reached(file: Awkward) -> None:
    path_of(file)
    assert judge(file, read_ours) == "right"


@pytest.mark.slow
@pytest.mark.parametrize("file", HARMED, ids=named)
def test_video_shows_what_is_unharmed_in_a_damaged_file(file: Awkward) -> None:
    path_of(file)
    assert judge(file, read_ours) == "right"


@pytest.mark.parametrize("file", READABLE, ids=named)
def test_video_states_its_size_and_increasing_times(file: Awkward) -> None:
    with open_video(path_of(file)) as video:
        assert len(video.timestamps_s) == len(video)
        assert (np.diff(video.timestamps_s) > 0).all()
        assert video.fps > 0
        assert file.size in (None, video.size)
        assert video[0].shape == (video.size[1], video.size[0], 3)


@pytest.mark.parametrize("file", TIMED, ids=named)
def test_video_times_are_those_written(file: Awkward) -> None:
    with open_video(path_of(file)) as video:
        since_first_ms = (video.timestamps_s - video.timestamps_s[0]) * 1000
        assert np.abs(since_first_ms - np.array(file.times_ms)).max() <= file.tick_ms


@pytest.mark.parametrize("file", COLOURED, ids=named)
def test_video_colours_are_those_drawn(file: Awkward) -> None:
    assert file.draw is not None
    assert file.size is not None
    assert file.colour_error is not None
    with open_video(path_of(file)) as video:
        drawn = file.draw(file.numbers[5], file.size)
        assert np.abs(video[5] - drawn.astype(np.float32)).mean() <= file.colour_error


@pytest.fixture(scope="module")
def long_group(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clip = Clip("long_group.mp4", "libx264", {"g": "60", "bf": "3"}, frames=90)
    return clip.write(tmp_path_factory.mktemp("long_group"))


@settings(max_examples=25, deadline=None)
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
