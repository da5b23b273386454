from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from engine.video import VideoWriter
from engine.video.encode import encoders
from engine.video.encode.encoders import h264_encoder


@pytest.fixture(autouse=True)
def untried() -> None:
    encoders._works.cache_clear()


@pytest.mark.parametrize("name", ["no_such_encoder", "h264_nvenc_missing"])
def test_encoder_that_is_not_there_is_passed_over(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoders, "_HARDWARE", (name,))
    assert h264_encoder((320, 240)) == "libx264"


def test_encoder_that_works_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders, "_HARDWARE", ("libx264rgb_is_not_it", "libopenh264", "libx264"))
    assert h264_encoder((320, 240)) in ("libopenh264", "libx264")


def test_encoder_that_gives_back_something_else_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    black = [np.zeros((240, 320), np.int16)] * 4
    monkeypatch.setattr(encoders, "_HARDWARE", ("h264_broken",))
    monkeypatch.setattr(encoders, "_round_trip", lambda _name, _luma: black)
    assert h264_encoder((320, 240)) == "libx264"


def test_encoder_is_tried_once_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def fail(name: str, _luma: object) -> list[object]:
        tries.append(name)
        raise av.ExternalError(1, "no card")

    monkeypatch.setattr(encoders, "_HARDWARE", ("h264_card",))
    monkeypatch.setattr(encoders, "_round_trip", fail)
    assert [h264_encoder((320, 240)) for _ in range(3)] == ["libx264"] * 3
    assert tries == ["h264_card"]


def test_default_files_are_the_same_every_time(tmp_path: Path) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (8, 48, 64, 3), np.uint8)
    for name, encoder in (("a.mp4", "software"), ("b.mp4", "software"), ("c.mp4", "auto")):
        with VideoWriter(tmp_path / name, 25, (64, 48), encoder=encoder) as writer:
            for picture in pictures:
                writer.write(picture)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert (tmp_path / "c.mp4").exists()
