"""Who still uses an analysis: the last one to let go closes it."""

from __future__ import annotations

from engine.store import Analysis


class AnalysisRefs:
    """Counts the users of each analysis; of the GUI thread alone."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Analysis, int]] = {}

    def hold(self, analysis: Analysis) -> Analysis:
        """Note one more user."""
        _, users = self._held.get(id(analysis), (analysis, 0))
        self._held[id(analysis)] = analysis, users + 1
        return analysis

    def release(self, analysis: Analysis) -> None:
        """Note one user less; close the analysis after the last."""
        _, users = self._held.pop(id(analysis))
        if users > 1:
            self._held[id(analysis)] = analysis, users - 1
        else:
            analysis.close()

    def close(self) -> None:
        """Close whatever is still held."""
        for analysis, _ in self._held.values():
            analysis.close()
        self._held.clear()
