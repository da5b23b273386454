"""Clips, timelines, numbers and arrays for people and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.export.clip import export_clip

__all__ = ["export_clip"]


def __getattr__(name: str) -> Any:
    """Import `export_clip` on first use (PEP 562): matplotlib is slow to load."""
    if name != "export_clip":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from engine.export.clip import export_clip

    return export_clip
