"""Agreements that a worker is given by the process that started it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UntrustedCode, UntrustedError, UntrustedFile
from engine.models.cards import trust as trusting
from engine.models.cards.trust import agree_here, agreements, require_trust, trust

DIGEST = 64 * "a"


def test_agreements_hold_for_the_same_bytes_in_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trusting, "_of_process", {})
    file = tmp_path / "net.py"
    trust(UntrustedCode(tmp_path, (UntrustedFile(file, DIGEST, False),), "net.py:build"))
    given = agreements(tmp_path)
    assert agreements(tmp_path / "other") == '{"folders": {}, "addresses": []}'
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_: tmp_path / "nowhere")
    with pytest.raises(UntrustedError):
        require_trust(tmp_path, {file: DIGEST}, "net.py:build")
    agree_here(given)
    require_trust(tmp_path, {file: DIGEST}, "net.py:build")
    with pytest.raises(UntrustedError):
        require_trust(tmp_path, {file: 64 * "b"}, "net.py:build")
    with pytest.raises(UntrustedError):
        require_trust(tmp_path, {file: DIGEST}, "net.py:other")
