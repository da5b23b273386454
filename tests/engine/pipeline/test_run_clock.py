"""The time left of a run."""

from __future__ import annotations

from typing import cast

import pytest

from engine.attribution import METHODS
from engine.pipeline.run_clock import RunClock
from engine.store import Analysis
from engine.types import Progress
from tests.engine.store.analyses import header_of

WINDOWS, WARM_UP_S, PASS_S = 6, 3.0, 0.01


class _Nothing:
    """An analysis without anything in it."""

    header = header_of(40)
    is_part = False


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [100.0]
    monkeypatch.setattr("engine.pipeline.run_clock.monotonic", lambda: clock[0])
    return clock


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("evidence_costs", [0.3, 3.0])
def test_time_left_is_within_a_factor_of_two_after_the_first_window(
    now: list[float], method: str, evidence_costs: float
) -> None:
    told: list[Progress] = []
    passes, evidence_s = METHODS[method].passes, 13 * PASS_S * evidence_costs
    request = _Nothing.header.request
    request = type(request)(request.video, method=method)
    clock = RunClock(told.append, request, WINDOWS, cast(Analysis, _Nothing()))
    clock.begin(0)
    said: list[tuple[float, float]] = []
    for window in range(WINDOWS):
        first_s = WARM_UP_S if window == 0 and passes > 1 else 0.0
        for done in range(1, passes + 1) if passes > 1 else ():
            now[0] += PASS_S + (first_s if done == 1 else 0.0)
            clock.inside(Progress("Explaining", done, passes))
            if window:
                said.append((now[0], told[-1].seconds_left or 0.0))
        now[0] += evidence_s + (PASS_S if passes == 1 else 0.0)
        clock.windows(1)
        said.append((now[0], told[-1].seconds_left or 0.0))
    for at, left in said[:-1]:
        truly = now[0] - at
        assert truly / 2 - 0.1 <= left <= truly * 2 + 0.1, (at, left, truly)
    assert (told[-1].done, told[-1].total, told[-1].seconds_left) == (WINDOWS, WINDOWS, 0)


def test_first_window_of_one_pass_is_left_out_later(now: list[float]) -> None:
    told: list[Progress] = []
    clock = RunClock(told.append, _Nothing.header.request, WINDOWS, cast(Analysis, _Nothing()))
    clock.begin(0)
    for seconds in (5.0, 1.0):
        now[0] += seconds
        clock.windows(1)
    assert told[-1].seconds_left == pytest.approx(4.0)
