"""A writer and its entry in the table are a format by their suffix, for clips as well."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from engine.export.formats import EXPORT_FORMATS, clip_formats
from engine.types import UInt8Array
from engine.video import open_writer
from engine.video.encode.formats import FORMATS, VideoFormat
from engine.video.encode.writer import Writer

SIZE = 8, 6
FRAME_BYTES = SIZE[0] * SIZE[1] * 3


class RawWriter(Writer):
    """Frames as they are, one behind the other."""

    file: BinaryIO

    def _open(self, path: Path) -> None:
        self.file = path.open("wb")

    def _append(self, rgb: UInt8Array, tick: int) -> None:
        self.file.write(rgb.tobytes())

    def _complete(self) -> None:
        self.file.close()

    def _let_go(self) -> None:
        self.file.close()

    def _counted(self, path: Path) -> int:
        return path.stat().st_size // FRAME_BYTES


def test_toy_format_is_chosen_by_its_suffix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, "raw", VideoFormat("Raw", "For tests.", ".raw", RawWriter))
    frames = np.random.default_rng(0).integers(0, 256, (3, SIZE[1], SIZE[0], 3), np.uint8)
    with open_writer(tmp_path / "a.raw", 25, SIZE) as writer:
        for frame in frames:
            writer.write(frame)
    assert (tmp_path / "a.raw").read_bytes() == frames.tobytes()


def test_every_format_of_the_table_is_one_of_clips() -> None:
    assert clip_formats() == tuple(FORMATS)
    assert [EXPORT_FORMATS[key].title for key in FORMATS] == [
        format.title for format in FORMATS.values()
    ]
