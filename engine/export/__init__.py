"""Clips, timelines, numbers and arrays for people and scripts; loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.export.clip import checked_frames, export_clip
    from engine.export.composition import Composition
    from engine.export.frames_csv import write_csv
    from engine.export.npz import write_npz
    from engine.export.result_folder import export_all
    from engine.export.timeline_picture import draw_timeline, write_timeline

__all__ = [
    "Composition",
    "checked_frames",
    "draw_timeline",
    "export_all",
    "export_clip",
    "write_csv",
    "write_npz",
    "write_timeline",
]

_MODULES = {
    "Composition": "composition",
    "checked_frames": "clip",
    "draw_timeline": "timeline_picture",
    "export_all": "result_folder",
    "export_clip": "clip",
    "write_csv": "frames_csv",
    "write_npz": "npz",
    "write_timeline": "timeline_picture",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for (PEP 562): matplotlib is slow to load."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
