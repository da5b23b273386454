"""Explanation of a video of any length, and the cache of earlier ones.

Importing this package loads no torch: `explain` is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.pipeline.explain_video import explain

__all__ = ["explain"]


def __getattr__(name: str) -> object:
    """Import a name on first use, as it needs torch (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from engine.pipeline import explain_video

    return getattr(explain_video, name)
