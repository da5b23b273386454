"""What-if queries of the window. The model stays loaded between two queries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.cancel import Check
from engine.types import Report, Request
from engine.what_if.checks import FreezeCheck, SeparatedMap, StillSplit
from engine.what_if.queries import MotionTests, Scope, WhatIfQuery, WhatIfResult, region_agreement
from gui.backend import WhatIfBackend
from inspector.backend.torch_import import import_torch

if TYPE_CHECKING:
    from engine.models import VideoModel

_Key = tuple[object, ...]


class Asking:
    """Answers questions with the model that was asked last, or with one newly loaded.

    For one worker thread.
    """

    def __init__(self) -> None:
        self._key: _Key | None = None
        self._model: VideoModel | None = None

    def ask(
        self, request: Request, question: WhatIfQuery, frame: int, report: Report, check: Check
    ) -> WhatIfResult:
        """Answer a query as `engine.what_if.run.what_if`, for any request."""
        import_torch()
        from engine.what_if.run import what_if

        return what_if(
            self._loaded(request, report, check), request, question, frame, report, check
        )

    def motion_tests(
        self, request: Request, scope: Scope, frame: int, report: Report, check: Check
    ) -> MotionTests:
        """Run the tests of `engine.what_if.run.motion_tests`, for any request."""
        import_torch()
        from engine.what_if.run import motion_tests

        model = self._loaded(request, report, check)
        return motion_tests(model, request, scope, frame, report, check)

    def freezing(
        self,
        request: Request,
        separated: SeparatedMap,
        scope: Scope,
        frame: int,
        report: Report,
        check: Check,
    ) -> FreezeCheck:
        """Freeze parts of a map as `engine.what_if.check_runs.freeze_check`, for any request."""
        import_torch()
        from engine.what_if.check_runs import freeze_check

        model = self._loaded(request, report, check)
        return freeze_check(model, request, separated, scope, frame, report, check)

    def still_split(self, request: Request, frame: int, report: Report, check: Check) -> StillSplit:
        """Split a window as `engine.what_if.check_runs.still_split`, for any request."""
        import_torch()
        from engine.what_if.check_runs import still_split

        return still_split(self._loaded(request, report, check), request, frame, report, check)

    def _loaded(self, request: Request, report: Report, check: Check) -> VideoModel:
        from engine.models.load import load_requested

        key = _key_of(request)
        if self._model is None or key != self._key:
            self._key = self._model = None  # so that never two are held
            self._model = load_requested(request, report, check)
            self._key = key
        return self._model


def what_if_services() -> WhatIfBackend:
    """Return the what-if backend with the real engine."""
    asking = Asking()
    return WhatIfBackend(
        asking.ask, asking.motion_tests, region_agreement, asking.freezing, asking.still_split
    )


def _key_of(request: Request) -> _Key:
    """Return the key of a loaded model, with the times of its files: they may be replaced."""
    files = (Path(request.model), request.weights, request.labels)
    chosen = (request.model, request.weights, request.labels, request.device, request.step)
    return (*chosen, *map(_time, files))


def _time(path: Path | None) -> int | None:
    return path.stat().st_mtime_ns if path is not None and path.is_file() else None
