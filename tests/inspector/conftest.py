from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def export_list(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of export folders of the test's own, in place of the user's."""
    path = tmp_path_factory.mktemp("state") / "exported-to.txt"
    monkeypatch.setattr("inspector.leftovers._list_path", lambda: path)
    return path
