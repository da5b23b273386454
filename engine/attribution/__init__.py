"""Clip + target -> relevance. `METHODS` is free of torch; the rest loads it when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.attribution.catalogue import DEFAULT_METHOD, METHODS

if TYPE_CHECKING:
    from engine.attribution.explain_clip import Attribution, attribute, check_method

__all__ = ["DEFAULT_METHOD", "METHODS", "Attribution", "attribute", "check_method"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from engine.attribution import explain_clip

        return getattr(explain_clip, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
