"""What is decoded before it is asked for, from the direction of the steps."""

from __future__ import annotations

import av

from engine.cancel import Check, never
from engine.video.decode.cache import FrameCache
from engine.video.decode.prefetch import Prefetcher

FRAME = av.VideoFrame(16, 16, "gray")
COUNT = 100


class Decoder:
    """Puts frames into a cache and notes what it was asked for."""

    def __init__(self) -> None:
        self.cache = FrameCache(20 * 256)
        self.asked: list[tuple[int, int]] = []

    def __call__(self, number: int, count: int, check: Check) -> None:
        self.asked.append((number, count))
        for kept in range(max(number - count + 1, 0), number + 1):
            self.cache.put(kept, FRAME)


def read(ahead: Prefetcher, decoder: Decoder, number: int) -> None:
    if decoder.cache.get(number) is None:
        decoder.cache.put(number, FRAME)
    if ahead.after(number, COUNT):
        while ahead.work(never):
            pass


def made() -> tuple[Prefetcher, Decoder]:
    decoder = Decoder()
    return Prefetcher(decoder.cache, 20, decoder), decoder


def test_ahead_goes_a_few_frames_before_forward_steps_and_stops_at_the_end() -> None:
    ahead, decoder = made()
    read(ahead, decoder, 1)
    assert decoder.asked == [(5, 4)]
    decoder.asked.clear()
    for number in range(90, COUNT):
        read(ahead, decoder, number)
    assert max(number for number, _ in decoder.asked) == COUNT - 1


def test_ahead_has_the_chunk_before_ready_at_every_step_back() -> None:
    ahead, decoder = made()
    assert ahead.chunk == 8
    read(ahead, decoder, 60)
    missed = []
    for number in range(59, -1, -1):
        if not decoder.cache.keeps(number):
            missed.append(number)
        read(ahead, decoder, number)
    assert missed == [59]
    assert all(count == 8 for _, count in decoder.asked)


def test_ahead_does_nothing_after_a_jump_or_where_nothing_fits() -> None:
    ahead, decoder = made()
    read(ahead, decoder, 70)
    assert decoder.asked == []
    small = Prefetcher(FrameCache(0), 1, decoder)
    small.after(50, COUNT)
    assert not small.after(49, COUNT)
    assert not small.after(50, COUNT)
