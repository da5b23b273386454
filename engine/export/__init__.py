"""What is written for people and for scripts: annotated clip, timeline, CSV, JSON, arrays."""

from engine.export.clip import checked_frames, export_all, export_clip
from engine.export.composition import Composition
from engine.export.frames_csv import write_csv
from engine.export.npz import write_npz
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
