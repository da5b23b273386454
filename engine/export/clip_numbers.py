"""The CSV and the JSON beside an annotated clip."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from engine.export.frames_csv import write_csv
from engine.export.job import ExportJob
from engine.export.whole_file import whole_file
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.store.document import write_document
from engine.utils.folder_update import refuse_foreign
from engine.utils.written_files import digest, is_own, listed, save_list


@dataclass(frozen=True, slots=True, eq=False)
class ClipNumbers:
    """Numbers of a clip's frames and its settings, in files that have the clip's name.

    Attributes
    ----------
    analysis : Analysis
    clip : Path
        The clip.
    look : ClipSettings
    frames : (int, int)
        First frame and the frame after the last.
    """

    analysis: Analysis
    clip: Path
    look: ClipSettings
    frames: tuple[int, int]

    @property
    def paths(self) -> tuple[Path, Path]:
        """The CSV and the JSON."""
        return self.clip.with_suffix(".csv"), self.clip.with_suffix(".json")

    def refuse_others(self) -> None:
        """Refuse to replace files that the program did not write, or that have changed since.

        Raises
        ------
        ExportError
            If there are any.
        """
        known = listed(self.clip.parent)
        there = [path for path in self.paths if path.exists() or path.is_symlink()]
        refuse_foreign([path for path in there if not is_own(path.parent, path.name, known)])

    def write(self) -> None:
        """Write both, then put both in their places.

        Raises
        ------
        ExportError
            If one cannot be written; those that were there are then as they were.
        """
        table, settings = self.paths
        with whole_file(settings) as new_settings, whole_file(table) as new_table:
            write_csv(ExportJob(self.analysis, new_table, self.look, self.frames))
            document = self.analysis.document(preset=self.look.preset, sigma=self.look.sigma)
            shown = {"frames": self.frames, **asdict(self.look)}
            write_document(new_settings, document | {"picture": shown})
            hashes = {table.name: digest(new_table), settings.name: digest(new_settings)}
            save_list(table.parent, listed(table.parent) | hashes)
