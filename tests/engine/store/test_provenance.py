from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.store import Analysis
from engine.store.provenance import FileHash, provenance_of
from tests.engine.store.analyses import header_of, noise, window_of


def test_provenance_names_the_content_of_files(tmp_path: Path) -> None:
    (tmp_path / "net.toml").write_bytes(b"name = 1")
    found = provenance_of("cpu", [tmp_path / "net.toml"])
    assert found.files == (FileHash("net.toml", hashlib.sha256(b"name = 1").hexdigest()),)
    assert found.device == "cpu"
    assert found.python.count(".") == 2


def test_provenance_of_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        provenance_of("cpu", [tmp_path / "gone.pth"])


def test_provenance_is_kept_with_the_analysis(tmp_path: Path) -> None:
    made = provenance_of("cuda:0", [])
    header = replace(header_of(8), provenance=made)  # one window
    with closing(Analysis.create(header, tmp_path / "live")) as analysis:
        analysis.append([window_of(header, 0)], noise(8))
        analysis.save(tmp_path / "saved", preset="recommended", sigma=1.0)
    with closing(Analysis.open(tmp_path / "saved")) as opened:
        assert opened.header.provenance == made
