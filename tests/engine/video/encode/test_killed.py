"""A process killed at any moment of an export leaves the old target or a whole new one."""

from __future__ import annotations

import random
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from engine.video import open_video, open_writer
from engine.video.encode import FORMATS
from tests.engine.video.encode.killed_export import FRAMES, export_to
from tests.engine.video.numbered import SIZE, numbered_picture
from tests.killable import start_killable

MOMENTS = 30


def export(target: Path) -> tuple[ForkServerProcess, float]:
    process, connection = start_killable(export_to, target)
    assert connection.recv() == "began"
    return process, time.monotonic()


def kill_after(target: Path, delay_s: float) -> None:
    process, _ = export(target)
    process.join(delay_s)
    process.kill()
    process.join()


def assert_old_or_whole(target: Path) -> bool:
    """Whether the target is the new one; it fails if it is neither."""
    if target.suffix == ".png":
        folder = target.with_suffix("")
        assert not folder.exists() or len(list(folder.iterdir())) == FRAMES
        return folder.exists()
    if target.read_bytes() == b"old":
        return False
    with open_video(target) as video:
        assert len(video) == FRAMES
    return True


@pytest.mark.slow
def test_export_killed_at_any_moment_leaves_old_or_whole(tmp_path: Path) -> None:
    chance = random.Random(0)
    took_s: dict[str, float] = {}
    whole = []
    for moment in range(MOMENTS):
        suffix = list(FORMATS)[moment % len(FORMATS)]
        folder = tmp_path / str(moment)
        folder.mkdir()
        target = folder / f"a.{suffix}"
        if suffix != "png":
            target.write_bytes(b"old")
        if suffix not in took_s:
            process, began = export(folder / f"measured.{suffix}")
            process.join()
            took_s[suffix] = time.monotonic() - began
        kill_after(target, chance.uniform(0, 1.1) * took_s[suffix])
        whole.append(assert_old_or_whole(target))
        with open_writer(folder / "next.mp4", 25, SIZE) as writer:
            writer.write(numbered_picture(0))
        assert not list(folder.glob(".*"))
    assert 0 < sum(whole) < MOMENTS  # moments fell both before and after the end
