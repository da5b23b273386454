"""Sizes of folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.utils.folder_size import folder_bytes


def test_folder_bytes_are_those_of_all_files_that_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("one", "a/two", "a/b/gone"):
        (tmp_path / name).write_bytes(bytes(10))
    lstat = os.lstat

    def vanishing(path: str) -> os.stat_result:
        if path.endswith("gone"):
            raise FileNotFoundError(path)
        return lstat(path)

    monkeypatch.setattr("os.lstat", vanishing)
    assert folder_bytes(tmp_path) == 20
    assert folder_bytes(tmp_path / "none") == 0
