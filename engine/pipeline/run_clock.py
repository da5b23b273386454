"""Progress of a run over windows, with the time left."""

from __future__ import annotations

from time import monotonic

from engine.attribution import METHODS
from engine.evidence.effort import MAPS_PASSES, evidence_passes
from engine.store import Analysis, ExplainProgress
from engine.types import Progress, Report, Request


class RunClock:
    """Reports windows and passes that are done.

    The time left follows from the pace since the first report of work done: what comes before, the
    first pass and the first window of a method of one pass, prepares buffers, kernels and the
    prior, and is slower than those that follow.

    Parameters
    ----------
    report : callable
        Told an `ExplainProgress`.
    request : Request
    windows : int
        All windows of the run.
    shown : Analysis
        Handed on with each report.
    """

    def __init__(self, report: Report, request: Request, windows: int, shown: Analysis) -> None:
        self._shown = shown
        self._report = report
        self._windows = windows
        maps = MAPS_PASSES * shown.header.wants_maps
        passes = METHODS[request.method].passes
        # a pass for evidence takes as long as another, until a window has told
        self._explaining = 1 / (1 + (evidence_passes(request.evidence) + maps) / passes)
        self._done = 0
        self._began = self._window_began = self._explained = 0.0
        self._base = 0.0, 0.0

    def begin(self, done: int, part: Analysis | None = None) -> None:
        """Start the clock with some windows done before, and hand on a part in place of all."""
        if part is not None:
            part.is_part = True
            self._shown = part
        self._done = done
        self._began = self._window_began = monotonic()
        self._base = self._began, float(done)
        self._tell(done, self._windows, None)

    def inside(self, progress: Progress) -> None:
        """Report passes that are done of a window, those for its evidence still to come."""
        if progress.done == progress.total:
            self._explained = monotonic()
        share = self._done + progress.done / progress.total * self._explaining
        share = min(share, self._windows)  # those explained anew were counted
        total = self._windows * progress.total
        self._tell(round(share * progress.total), total, self._left(share))

    def windows(self, count: int) -> None:
        """Report that more windows are done."""
        now = monotonic()
        if self._explained > self._window_began:
            self._explaining = (self._explained - self._window_began) / (now - self._window_began)
        self._window_began = now
        self._done = min(self._done + count, self._windows)
        self._tell(self._done, self._windows, self._left(self._done))

    def _left(self, done: float) -> float:
        now, (since, before) = monotonic(), self._base
        each = (now - since) / (done - before)
        if since == self._began:
            self._base = now, done
        return each * (self._windows - done)

    def _tell(self, done: int, total: int, left: float | None) -> None:
        self._report(ExplainProgress("Explaining", done, total, left, analysis=self._shown))
