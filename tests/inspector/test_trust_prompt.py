from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer

from engine.errors import UntrustedCode, UntrustedError, UntrustedFile
from engine.models.cards.trust import require_trust
from inspector.trust_prompt import run_with_trust_prompt

FILES = tuple(UntrustedFile(Path(f"/cards/m{i}.py"), f"{i:064}", changed=i == 0) for i in range(40))
CODE = UntrustedCode(Path("/cards"), FILES, "m0.py:build")


def refuse() -> None:
    require_trust(CODE.folder, {file.path: file.sha256 for file in FILES}, CODE.call)


def test_all_files_are_listed_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(typer, "confirm", lambda text, **_: asked.append(text) or len(asked) > 1)
    with pytest.raises(UntrustedError, match="and 19 more files"):
        run_with_trust_prompt(refuse, trusted=False)
    run_with_trust_prompt(refuse, trusted=False)
    assert len(asked) == 2
    for file in FILES:
        assert f"\n  {file.path.name}  (new, SHA-256 {file.sha256[:12]})" in asked[0]
    assert "\n  calls m0.py:build\n" in asked[0]


def test_code_that_is_new_each_time_is_not_asked_for_without_end() -> None:
    asked = 0

    def ever_new() -> None:
        nonlocal asked
        asked += 1
        require_trust(Path("/cards"), {Path("/cards/new.py"): f"{asked:064}"})

    with pytest.raises(UntrustedError):
        run_with_trust_prompt(ever_new, trusted=True)
    assert asked < 100
