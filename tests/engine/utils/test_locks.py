from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.utils.locks import FileLock, alone


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_lock_is_taken_on_no_planted_thing(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    if kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(OSError, match=r"a\.lock"):
        FileLock.take(path)
    with pytest.raises(OSError, match=r"a\.lock"), alone(path):
        pass
    assert not (tmp_path / "elsewhere").exists()
