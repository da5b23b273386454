from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from gui.playback.clock import Playback
from gui.state.view_state import Loop, Pace

TIMES = np.arange(10) / 10.0


class Clock:
    """Time that passes when told to; playback is asked at each tick."""

    def __init__(self) -> None:
        self.now = 100.0
        self.playback = Playback(clock=lambda: self.now)
        self.due: list[int] = []
        self.rates: list[float] = []
        self.ends = 0
        self.playback.frame_due.connect(self.due.append)
        self.playback.rate_measured.connect(self.rates.append)
        self.playback.ended.connect(self._end)
        self.playback.set_video(TIMES)

    def _end(self) -> None:
        self.ends += 1

    def run(self, seconds: float, *, tick: float = 0.01, shows: bool = True) -> None:
        until = self.now + seconds - 1e-9
        while self.now < until:
            self.now += tick
            self.playback.advance()
            if shows and self.due:
                self.playback.frame_shown(self.due[-1])


@pytest.fixture
def clock(qtbot: QtBot) -> Clock:
    return Clock()


def pace(
    clock: Clock,
    *,
    speed: float = 1.0,
    pace: Pace = "real time",
    loop: Loop = "off",
    frames: tuple[int, int] | None = None,
) -> None:
    clock.playback.set_pace(speed, pace, loop, frames)


def end(clock: Clock) -> None:
    clock.playback.stop()


def test_playback_keeps_the_videos_time(clock: Clock) -> None:
    pace(clock)
    clock.playback.start(0)
    clock.run(0.55)
    assert clock.due == [0, 1, 2, 3, 4, 5]
    end(clock)


@pytest.mark.parametrize(("speed", "last"), [(0.5, 2), (2.0, 8)])
def test_playback_keeps_the_speed(clock: Clock, speed: float, last: int) -> None:
    pace(clock, speed=speed)
    clock.playback.start(0)
    clock.run(0.43)
    assert clock.due[-1] == last
    end(clock)


def test_real_time_skips_what_came_too_late(clock: Clock) -> None:
    pace(clock)
    clock.playback.start(0)
    clock.run(0.5, tick=0.25)
    assert clock.due == [0, 2, 5]
    end(clock)


def test_every_frame_waits_for_the_picture(clock: Clock) -> None:
    pace(clock, pace="every frame")
    clock.playback.start(0)
    clock.run(1.0, shows=False)
    assert clock.due == [0]
    for frame in (0, 1, 2):
        clock.playback.frame_shown(frame)
        clock.run(0.15, shows=False)
    assert clock.due == [0, 1, 2, 3]
    end(clock)


def test_every_frame_is_not_quicker_than_the_video(clock: Clock) -> None:
    pace(clock, pace="every frame")
    clock.playback.start(0)
    clock.run(0.35)
    assert clock.due == [0, 1, 2, 3]
    end(clock)


def test_playback_ends_once_without_a_loop(clock: Clock) -> None:
    pace(clock)
    clock.playback.start(7)
    clock.run(1.0)
    assert clock.due == [7, 8, 9]
    assert clock.ends == 1
    assert not clock.playback.playing


def test_playback_loops_over_the_range(clock: Clock) -> None:
    pace(clock, loop="loop", frames=(3, 6))
    clock.playback.start(3)
    clock.run(0.65)
    assert clock.due == [3, 4, 5, 3, 4, 5, 3]
    end(clock)


def test_ping_pong_turns_round_at_both_ends(clock: Clock) -> None:
    pace(clock, loop="ping-pong", frames=(3, 6))
    clock.playback.start(3)
    clock.run(0.65)
    assert clock.due == [3, 4, 5, 4, 3, 4, 5]
    end(clock)


def test_playback_runs_backward(clock: Clock) -> None:
    pace(clock)
    clock.playback.start(4, -1)
    clock.run(0.45)
    assert clock.due == [4, 3, 2, 1, 0]
    end(clock)


def test_start_outside_the_range_begins_at_its_end(clock: Clock) -> None:
    pace(clock, frames=(3, 6))
    clock.playback.start(8)
    clock.playback.start(1, -1)
    assert clock.due == [3, 5]
    end(clock)


def test_variable_rate_is_honoured(clock: Clock) -> None:
    clock.playback.set_video(np.array([0.0, 0.1, 0.5, 0.6]))
    pace(clock)
    clock.playback.start(0)
    clock.run(0.45)
    assert clock.due == [0, 1]
    end(clock)


def test_speed_changed_while_playing_takes_effect_at_once(clock: Clock) -> None:
    pace(clock, speed=0.1)
    clock.playback.start(0)
    clock.run(0.5)
    pace(clock, speed=1.0)
    clock.run(0.35)
    assert clock.due == [0, 1, 2, 3]
    end(clock)


def test_rate_is_that_of_the_frames_shown(clock: Clock) -> None:
    pace(clock, loop="loop")
    clock.playback.start(0)
    shown = 0
    for _ in range(200):
        clock.now += 0.01
        clock.playback.advance()
        if len(clock.due) > shown:
            shown = len(clock.due)
            if shown % 2:
                clock.playback.frame_shown(clock.due[-1])
    assert clock.rates[-1] == pytest.approx(5, rel=0.15)
    end(clock)


def test_a_video_of_one_frame_does_not_play(clock: Clock) -> None:
    clock.playback.set_video(TIMES[:1])
    pace(clock, loop="loop")
    clock.playback.start(0)
    assert clock.due == []
    assert not clock.playback.playing
