"""Turns of workers, with claims in memory and a clock of their own."""

from __future__ import annotations

import heapq
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.study.scheduler import MOST_DEATHS, Answer, Scheduler


class Memory:
    """Claims of all workers, as a shared disk would hold them."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self.owners: dict[str, list[tuple[int, float]]] = {}
        self.dead: set[int] = set()
        self.now = 0.0


class MemoryClaims:
    def __init__(self, memory: Memory, worker: int) -> None:
        self._memory, self._worker = memory, worker

    def done_in(self, part: str) -> frozenset[str]:
        return frozenset(key for key in self._memory.done if key.startswith(part))

    def take(self, key: str, *, copy: bool = False) -> Answer:
        memory = self._memory
        if key in memory.done:
            return Answer("done")
        owners = memory.owners.setdefault(key, [])
        living = [since for owner, since in owners if owner not in memory.dead]
        if len(owners) - len(living) >= MOST_DEATHS:
            return Answer("lost")
        if len(living) > copy:
            return Answer("busy", memory.now - living[0])
        owners.append((self._worker, memory.now))
        return Answer("taken")


def simulate(
    units: int, workers: int, seed: int, *, kills: int = 0, poison: int = 0, straggler: bool = False
) -> tuple[Memory, list[str]]:
    """Run workers in a made-up time; return the memory and the units measured, in order."""
    chance, memory, measured = random.Random(seed), Memory(), list[str]()
    keys = sorted(f"{chance.getrandbits(64):016x}" for _ in range(units))
    poisoned = set(keys[:poison])
    events = [(0.0, worker, "") for worker in range(workers)]
    schedulers = {w: Scheduler(keys, MemoryClaims(memory, w), w, workers) for w in range(workers)}
    following = workers
    while events:
        memory.now, worker, finished = heapq.heappop(events)
        scheduler = schedulers[worker]
        if finished and (finished in poisoned or (kills > 0 and chance.random() < 0.1)):
            kills -= finished not in poisoned
            memory.dead.add(worker)
            number = worker % workers
            claims = MemoryClaims(memory, following)
            schedulers[following] = Scheduler(keys, claims, number, workers)
            heapq.heappush(events, (memory.now + 1, following, ""))
            following += workers - following % workers + number
            continue
        if finished:
            measured.append(finished)
            memory.done.add(finished)
            scheduler.finished(1.0)
        turn = scheduler.next()
        if turn.kind == "give up":
            memory.done.add(turn.key)
        if turn.kind != "end":
            slow = 1e4 if straggler and worker == 0 else chance.uniform(0.5, 1.5)
            took = slow if turn.kind == "measure" else 0.5
            key = turn.key if turn.kind == "measure" else ""
            heapq.heappush(events, (memory.now + took, worker, key))
    assert memory.done == set(keys)
    return memory, measured


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 9), st.integers(0, 99))
def test_scheduler_measures_each_unit_once(units: int, workers: int, seed: int) -> None:
    _, measured = simulate(units, workers, seed)
    assert len(measured) == len(set(measured)) == units


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 9), st.integers(0, 99))
def test_scheduler_measures_all_though_workers_die(units: int, workers: int, seed: int) -> None:
    _, measured = simulate(units, workers, seed, kills=10)
    assert len(measured) == len(set(measured))


def test_scheduler_gives_up_units_that_end_their_workers() -> None:
    memory, measured = simulate(40, 3, 0, poison=2)
    assert len(measured) == 38
    assert len(memory.dead) == 2 * MOST_DEATHS


def test_scheduler_copies_what_a_straggler_holds() -> None:
    memory, measured = simulate(20, 4, 0, straggler=True)
    assert len(set(measured)) == 20
    assert memory.now >= 1e4  # the straggler ends late, but nobody waits for its unit
    assert len(measured) == 21


def test_scheduler_begins_with_shares_that_do_not_meet() -> None:
    memory = Memory()
    keys = [f"{number:02x}" for number in range(100)]
    firsts = [Scheduler(keys, MemoryClaims(memory, w), w, 4).next().key for w in range(4)]
    assert firsts == [keys[0], keys[25], keys[50], keys[75]]
