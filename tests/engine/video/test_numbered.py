from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.engine.video.numbered import Clip


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of Linux")
def test_encoding_leaves_the_scheduling_of_the_thread_as_it_was(tmp_path: Path) -> None:
    before = os.sched_getscheduler(0)
    Clip("a.mkv", "libsvtav1", {"preset": "12"}, frames=2).write(tmp_path)
    assert os.sched_getscheduler(0) == before
