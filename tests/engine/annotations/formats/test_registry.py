from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.annotations.bouts import Bout
from engine.annotations.formats.registry import BOUT_FORMATS, _read, read_bouts, write_bouts
from engine.errors import EngineError
from tests.engine.annotations.formats.samples import BOUTS, STEADY, bouts_on, videos


@pytest.mark.parametrize("name", BOUT_FORMATS)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_round_trip_of_each_format_is_exact(name: str, data: st.DataObject) -> None:
    video = data.draw(videos(0.0013 if name == "elan" else 1e-4))
    bouts = data.draw(bouts_on(video, comments=name != "elan"))
    assert _read(BOUT_FORMATS[name].write(bouts, video).encode(), video) == bouts


@pytest.mark.parametrize("name", BOUT_FORMATS)
def test_bouts_are_written_and_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"bouts{BOUT_FORMATS[name].suffix}"
    write_bouts(BOUTS, STEADY, path, name)
    expected = [replace(bout, comment="") for bout in BOUTS] if name == "elan" else list(BOUTS)
    assert list(read_bouts(path, STEADY)) == expected
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["csv", "boris-aggregated", "elan", "via", "via-csv"])
def test_overlapping_bouts_of_one_behaviour_keep_apart(name: str) -> None:
    bouts = (Bout(0, 20, "walk", "Ann"), Bout(5, 10, "walk", "Ann"), Bout(5, 30, "walk", "Ann"))
    assert _read(BOUT_FORMATS[name].write(bouts, STEADY).encode(), STEADY) == bouts


@pytest.mark.parametrize("name", ["boris", "boris-tabular"])
def test_formats_of_starts_and_stops_refuse_overlaps(name: str) -> None:
    with pytest.raises(EngineError, match=r"overlap at 0\.2 s"):
        BOUT_FORMATS[name].write((Bout(0, 20, "walk"), Bout(5, 10, "walk")), STEADY)


@pytest.mark.parametrize("name", BOUT_FORMATS)
def test_bouts_behind_the_video_are_refused(name: str) -> None:
    with pytest.raises(EngineError, match="does not lie in the video, which has 100 frames"):
        BOUT_FORMATS[name].write((Bout(90, 101, "walk"),), STEADY)


@pytest.mark.parametrize(
    "text",
    ["", "a,b\n1,2\n", "{}", '{"behaviors_conf": 3}', "<html/>", "\0", "[1]", '{"view": {"1": 2}}'],
)
def test_other_files_are_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.txt"
    path.write_text(text)
    with pytest.raises(EngineError, match=r"other\.txt"):
        read_bouts(path, STEADY)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_bouts_or_refused(raw: bytes) -> None:
    with suppress(EngineError, UnicodeDecodeError):
        _read(raw, STEADY)


def test_file_is_not_written_over_the_video(tmp_path: Path) -> None:
    video = tmp_path / "walk.mp4"
    video.write_bytes(b"x")
    with pytest.raises(EngineError, match="is read"):
        write_bouts(BOUTS, STEADY, video, "csv", [video])
