from __future__ import annotations

import ctypes

import pytest

from engine.utils.spare_memory import give_back_spare_memory


@pytest.mark.parametrize("error", [AttributeError, OSError, TypeError])
def test_give_back_spare_memory_does_nothing_where_it_cannot(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: None) -> None:
        raise error

    give_back_spare_memory()
    monkeypatch.setattr(ctypes, "CDLL", refuse)
    give_back_spare_memory()
