"""Analyses kept open behind the one that is shown, so that switching takes no time."""

from __future__ import annotations

from pathlib import Path

from engine.store import Analysis
from gui.state.analysis_refs import AnalysisRefs

_MOST_ON_DISK = 4


class KeptOpen:
    """The temporary analyses, which would be lost, and the last few of those on a disk."""

    def __init__(self, refs: AnalysisRefs) -> None:
        self._refs = refs
        self._held: dict[Path, Analysis] = {}

    def get(self, folder: Path) -> Analysis | None:
        """Return the analysis in a folder if it is kept open."""
        return self._held.get(folder)

    def keep(self, analysis: Analysis) -> None:
        """Keep an analysis open, as the last of all."""
        self._refs.acquire(analysis)
        self.drop(analysis.folder)
        self._held[analysis.folder] = analysis
        on_disk = [each.folder for each in self._held.values() if each.place != "temporary"]
        for folder in on_disk[:-_MOST_ON_DISK]:
            self.drop(folder)

    def drop(self, folder: Path) -> None:
        """Let go of the analysis in a folder, if it is kept open."""
        analysis = self._held.pop(folder, None)
        if analysis is not None:
            self._refs.release(analysis)

    def clear(self) -> None:
        """Let go of all."""
        for folder in tuple(self._held):
            self.drop(folder)
