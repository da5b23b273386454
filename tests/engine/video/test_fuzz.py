"""Corrupted files end in frames or a `VideoError`: no crash, no hang, no other exception."""

from __future__ import annotations

import os
import sys

import pytest

from tests.engine.video.fuzzing import fuzz

FILES = int(os.environ.get("MOTION_FUZZ_FILES", "150"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited in Linux' way")
def test_open_video_survives_corrupted_files() -> None:
    failures = [str(outcome) for outcome in fuzz(range(FILES)) if outcome.failed]
    assert not failures, "\n".join(failures)
