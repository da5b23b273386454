"""Reference counts of open analyses: the last user to release one closes it."""

from __future__ import annotations

from pathlib import Path

from engine.store import Analysis


class AnalysisRefs:
    """Counts the users of each analysis. For the GUI thread only."""

    def __init__(self) -> None:
        self._users: dict[int, tuple[Analysis, int]] = {}

    def acquire(self, analysis: Analysis) -> Analysis:
        """Count one more user and return the analysis."""
        _, users = self._users.get(id(analysis), (analysis, 0))
        self._users[id(analysis)] = analysis, users + 1
        return analysis

    def exchange(self, before: Analysis | None, after: Analysis | None) -> Analysis | None:
        """Use an analysis, or none, in place of another one, and return it."""
        if after is not None:
            self.acquire(after)
        if before is not None:
            self.release(before)
        return after

    def release(self, analysis: Analysis) -> None:
        """Count one user less, and close the analysis after the last."""
        _, users = self._users.pop(id(analysis))
        if users > 1:
            self._users[id(analysis)] = analysis, users - 1
        else:
            analysis.close()

    def folders(self) -> tuple[Path, ...]:
        """Return where the open analyses lie."""
        return tuple(analysis.folder for analysis, _ in self._users.values())

    def close(self) -> None:
        """Close every analysis that still has users."""
        for analysis, _ in self._users.values():
            analysis.close()
        self._users.clear()
