"""The heavy work behind the questions, as functions that the application hands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.annotations.regions import Region
from engine.cancel import Check
from engine.store import Analysis
from engine.types import Preset, Request
from engine.what_if.queries import MotionTests, RegionAgreement, Scope, WhatIfQuery, WhatIfResult
from gui.tasks.jobs import Report


@dataclass(frozen=True, slots=True)
class WhatIfBackend:
    """Answers, each called in a worker thread: the same one for the first two.

    Attributes
    ----------
    ask : callable
        (request, question, frame at the playhead, report, check) -> Answer.
    motion_tests : callable
        (request, scope, frame at the playhead, report, check) -> MotionTests.
    expected : callable
        (analysis, region, preset, sigma, check) -> Expected.
    """

    ask: Callable[[Request, WhatIfQuery, int, Report, Check], WhatIfResult]
    motion_tests: Callable[[Request, Scope, int, Report, Check], MotionTests]
    expected: Callable[[Analysis, Region, Preset, float, Check], RegionAgreement]
