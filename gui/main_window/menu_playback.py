"""The Playback menu: play, step, range, loop, speed; the keys of mpv and LosslessCut."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gui.commands.command import Command, MenuOf
from gui.state.view_state import LOOPS, PACES, SPEEDS

if TYPE_CHECKING:
    from gui.main_window.window import MainWindow

_FAR = 2**30


def playback_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the Playback menu."""
    return (
        *_playing(window),
        None,
        *_stepping(window),
        None,
        *_range(window),
        None,
        *_speed(window),
    )


def _playing(window: MainWindow) -> tuple[Command | None, ...]:
    make, viewing = MenuOf("play", "&Playback"), window.playback
    return (
        make("toggle", "Play or pause", viewing.toggle_play, "Space"),
        make("back", "Play backward; again: faster", partial(viewing.play, -1), "J"),
        make("pause", "Pause", viewing.pause, "K"),
        make("forward", "Play; again: faster", partial(viewing.play, 1), "L"),
    )


def _stepping(window: MainWindow) -> tuple[Command | None, ...]:
    make = MenuOf("step", "&Playback")
    rows = (
        ("frame_back", "One frame back", -1, ("Left", ",")),
        ("frame_on", "One frame on", 1, ("Right", ".")),
        ("ten_back", "Ten frames back", -10, ("Shift+Left",)),
        ("ten_on", "Ten frames on", 10, ("Shift+Right",)),
        ("first", "First frame", -_FAR, ("Home",)),
        ("last", "Last frame", _FAR, ("End",)),
    )
    step = window.view.step
    return (
        *(make(n, text, partial(step, by), *keys, repeats=True) for n, text, by, keys in rows),
        make(
            "window_back",
            "One window back",
            partial(window.view_bindings.step_window, -1),
            "Ctrl+Left",
        ),
        make(
            "window_on", "One window on", partial(window.view_bindings.step_window, 1), "Ctrl+Right"
        ),
        make(
            "moment",
            "Next moment with much motion",
            partial(window.view_bindings.go_to_moment, 1),
            "Return",
        ),
        make(
            "moment_before",
            "Moment with much motion before",
            partial(window.view_bindings.go_to_moment, -1),
            "Shift+Return",
        ),
        make("place", "Go to a frame or a time", window.transport.entry.setFocus, "G"),
    )


def _range(window: MainWindow) -> tuple[Command | None, ...]:
    make, transport = MenuOf("range", "&Playback"), window.transport
    return (
        make("in", "Range begins here", transport.set_in, "I"),
        make("out", "Range ends here", transport.set_out, "O"),
        make("clear", "No range", partial(window.view.update, range=None), "U"),
        make("explain", "Explain the range only", window.explain.explain_range),
    )


def _speed(window: MainWindow) -> tuple[Command | None, ...]:
    make = MenuOf("speed", "&Playback")
    return (
        make("slower", "Slower", partial(_change_speed, window, -1), "["),
        make("faster", "Faster", partial(_change_speed, window, 1), "]"),
        make("normal", "Normal speed", partial(window.view.update, speed=1.0), "Backspace"),
        make(
            "loop",
            "At the end: stop, start over, turn round",
            partial(_turn_loop, window),
            "Ctrl+L",
        ),
        make("pace", "Keep time, or show every frame", partial(_turn_pace, window), "Ctrl+T"),
    )


def _change_speed(window: MainWindow, by: int) -> None:
    row = SPEEDS.index(window.view.state.speed) + by
    window.view.update(speed=SPEEDS[min(max(row, 0), len(SPEEDS) - 1)])


def _turn_loop(window: MainWindow) -> None:
    row = LOOPS.index(window.view.state.loop) + 1
    window.view.update(loop=LOOPS[row % len(LOOPS)])


def _turn_pace(window: MainWindow) -> None:
    row = PACES.index(window.view.state.pace) + 1
    window.view.update(pace=PACES[row % len(PACES)])
