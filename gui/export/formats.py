"""What an analysis can be exported to: formats, with what each is good for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gui.state.export_request import ExportKind


@dataclass(frozen=True, slots=True)
class Target:
    """A format.

    Attributes
    ----------
    kind : str
        What is written; see `gui.state.export_request.ExportRequest`.
    suffix : str
        Of the file; empty for a folder.
    title, use : str
        Its name, and what it is good for.
    ending : str
        What the suggested name has after that of the video.
    """

    kind: ExportKind
    suffix: str
    title: str
    use: str
    ending: str = "annotated"

    def named(self, path: Path) -> Path:
        """The path with the suffix of this format in place of that of another one."""
        others = {target.suffix for target in TARGETS.values()}
        stem = path.with_suffix("") if path.suffix.lower() in others else path
        return stem.with_name(stem.name + self.suffix)


TARGETS: dict[str, Target] = {
    "mp4": Target("clip", ".mp4", "MP4 video", "Plays everywhere."),
    "webm": Target("clip", ".webm", "WebM video", "For the web; as good as MP4, a little smaller."),
    "gif": Target("clip", ".gif", "GIF animation", "For slides and chats: few colours, no sound."),
    "png": Target("clip", "", "PNG pictures", "A folder with one lossless picture a frame."),
    "csv": Target("csv", ".csv", "Numbers (CSV)", "One row a frame, for spreadsheets.", "frames"),
    "npz": Target("npz", ".npz", "Arrays (NPZ)", "The maps, for NumPy.", "arrays"),
    "zarr": Target("zarr", "", "Analysis folder", "Opens here again, with all maps.", "analysis"),
    "timeline.png": Target(
        "timeline", ".png", "Timeline (PNG)", "The curves as a picture.", "timeline"
    ),
    "timeline.svg": Target(
        "timeline", ".svg", "Timeline (SVG)", "The curves for print: sharp at any size.", "timeline"
    ),
}
"""Formats by key, in the order of the menu."""
