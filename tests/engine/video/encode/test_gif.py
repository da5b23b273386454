"""`GifWriter`: whole-clip palette, times that do not drift, a second pass that can be stopped."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.cancel import Cancelled
from engine.types import Progress
from engine.video.encode import GifWriter
from tests.engine.video.encode.overlays import SIZE, overlay_clip


def write(path: Path, fps: Fraction | float, count: int) -> Path:
    with GifWriter(path, fps, SIZE) as writer:
        for number in range(count):
            writer.write(overlay_clip()[number % 30])
    return path


def write_all(writer: GifWriter) -> None:
    with writer:
        for picture in overlay_clip():
            writer.write(picture)


def delays(path: Path) -> list[int]:
    """Delays in the file, in 1/100 s: what every player reads."""
    content = path.read_bytes()
    starts = [i for i in range(len(content) - 7) if content[i : i + 3] == b"\x21\xf9\x04"]
    return [int.from_bytes(content[i + 4 : i + 6], "little") for i in starts if content[i + 7] == 0]


@pytest.mark.parametrize("fps", [15, 24, Fraction(30_000, 1001), 50])
def test_gif_lasts_as_long_as_the_clip(fps: Fraction | float, tmp_path: Path) -> None:
    found = delays(write(tmp_path / "a.gif", fps, 40))
    assert len(found) == 40
    assert abs(sum(found) - 100 * 40 / fps) <= 1
    assert max(found) - min(found) <= 1


def test_gif_leaves_out_what_players_cannot_show(tmp_path: Path) -> None:
    found = delays(write(tmp_path / "a.gif", 120, 60))
    assert min(found) >= 2
    assert sum(found) == pytest.approx(50, abs=2)


def test_gif_repeats_for_ever(tmp_path: Path) -> None:
    assert b"NETSCAPE2.0\x03\x01\x00\x00" in write(tmp_path / "a.gif", 10, 2).read_bytes()


def test_gif_colours_are_chosen_from_the_whole_clip(tmp_path: Path) -> None:
    late = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    late[:] = (250, 10, 130)
    with GifWriter(tmp_path / "a.gif", 10, SIZE) as writer:
        for picture in (*overlay_clip(), late):
            writer.write(picture)
    with av.open(str(tmp_path / "a.gif")) as container:
        *_, last = container.decode(video=0)
    assert np.abs(last.to_ndarray(format="rgb24")[50, 50].astype(int) - (250, 10, 130)).max() <= 2


def test_gif_reports_its_second_pass(tmp_path: Path) -> None:
    seen: list[Progress] = []
    with GifWriter(tmp_path / "a.gif", 10, SIZE, report=seen.append) as writer:
        for picture in overlay_clip():
            writer.write(picture)
        assert not seen
    assert [(progress.done, progress.total) for progress in seen] == [(n, 30) for n in range(1, 31)]


def test_gif_can_be_cancelled_in_its_second_pass(tmp_path: Path) -> None:
    seen: list[Progress] = []

    def check() -> None:
        if len(seen) == 3:
            raise Cancelled

    (tmp_path / "a.gif").write_bytes(b"old")
    writer = GifWriter(tmp_path / "a.gif", 10, SIZE, report=seen.append, check=check)
    with pytest.raises(Cancelled):
        write_all(writer)
    assert len(seen) == 3
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.gif", b"old")]
