"""The clips whose evidence is strongest for movement, or against it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from engine.study.outcome import read_outcome
from engine.study.place import Place
from engine.study.plan import Plan


def measured_rows(place: Place, plan: Plan) -> Iterator[tuple[float, int]]:
    """Yield how much each measured clip speaks for movement, in bits, and its place in the plan.

    Bits of movement less those of one picture and of several; 0 of a clip without evidence.
    """
    for number in range(len(plan)):
        outcome = read_outcome(place, plan.key(number))
        if outcome is None or outcome.clip is None:
            continue
        clip = outcome.clip
        pictures = (clip.still_bits or 0.0) + (clip.frames_bits or 0.0)
        yield (clip.order_bits or 0.0) - pictures, number


def wanted(place: Place, plan: Plan, most: int | None) -> list[int]:
    """Return the places of the measured clips whose maps are wanted, in the order of the plan.

    Parameters
    ----------
    place : Place
    plan : Plan
    most : int or None
        So many of the most telling, for or against; None takes all.
    """
    found = measured_rows(place, plan)
    told = found if most is None else heapq.nlargest(most, found, key=lambda one: abs(one[0]))
    return sorted(number for _, number in told)
