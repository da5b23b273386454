from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.models.own_code.namespace import PREFIX
from tests.engine.models.own_code.cards import NET, write_card


@pytest.fixture(autouse=True)
def modules_restored() -> Iterator[None]:
    modules, finders = set(sys.modules), list(sys.meta_path)
    yield
    sys.meta_path[:] = finders
    for name in set(sys.modules) - modules:
        if name.startswith(PREFIX) or getattr(sys.modules[name], "__name__", "").startswith(PREFIX):
            del sys.modules[name]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    folder.mkdir()
    write_card(folder)
    (folder / "net.py").write_text(NET)
    return folder


@pytest.fixture
def evil(tmp_path: Path) -> Iterator[str]:
    """Code that leaves a mark, which must not be there at the end."""
    mark = tmp_path / "ran.txt"
    yield f"open({str(mark)!r}, 'a').write(__name__)\n"
    assert not mark.exists(), mark.read_text()
