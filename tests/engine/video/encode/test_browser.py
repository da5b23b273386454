"""Exported files play in a real browser to their end."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.browser import find_chromium, play
from engine.video import open_writer
from engine.video.encode import SoundRange
from tests.engine.video.encode.clicks import write_clicking
from tests.engine.video.encode.overlays import SIZE, overlay_clip

CHROMIUM = find_chromium()


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_export_plays_to_its_end_in_chromium(name: str, tmp_path: Path) -> None:
    sound = SoundRange(write_clicking(tmp_path / "source.mkv", 4, "flac"), 0.5, 2.0)
    with open_writer(tmp_path / name, 20, SIZE, sound=sound) as writer:
        for number, picture in enumerate(overlay_clip()):
            writer.write(picture, time_s=number * 0.05 + (0.013 if number % 3 else 0))
    assert CHROMIUM is not None
    result = play(tmp_path / name, CHROMIUM)
    assert result["end"] == "ended"
    assert result["duration_s"] == pytest.approx(1.513, abs=0.03)
    assert result["reached_s"] == pytest.approx(result["duration_s"])
    assert (result["frames"], result["size"]) == (30, list(SIZE))
    assert result["sound_bytes"] > 0
