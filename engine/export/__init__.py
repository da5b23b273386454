"""What is written for people and for scripts: annotated clip, timeline, CSV, JSON, arrays."""

from engine.export.clip import export_all, export_clip
from engine.export.composition import PANES, PaneName
from engine.export.numbers import write_csv
from engine.export.timeline import draw_timeline, write_timeline

__all__ = [
    "PANES",
    "PaneName",
    "draw_timeline",
    "export_all",
    "export_clip",
    "write_csv",
    "write_timeline",
]
