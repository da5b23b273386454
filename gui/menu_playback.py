"""The Playback menu: play, step, range, loop, speed; the keys of mpv and LosslessCut."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gui.commands import Command, MenuOf
from gui.state import LOOPS, PACES, SPEEDS

if TYPE_CHECKING:
    from gui.window import MainWindow

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
    make, tr, viewing = MenuOf("play", window.tr("&Playback")), window.tr, window.viewing
    return (
        make("toggle", tr("Play or pause"), viewing.toggle_play, "Space"),
        make("back", tr("Play backward; again: faster"), partial(viewing.play, -1), "J"),
        make("pause", tr("Pause"), viewing.pause, "K"),
        make("forward", tr("Play; again: faster"), partial(viewing.play, 1), "L"),
    )


def _stepping(window: MainWindow) -> tuple[Command | None, ...]:
    make, tr = MenuOf("step", window.tr("&Playback")), window.tr
    rows = (
        ("frame_back", tr("One frame back"), -1, ("Left", ",")),
        ("frame_on", tr("One frame on"), 1, ("Right", ".")),
        ("ten_back", tr("Ten frames back"), -10, ("Shift+Left",)),
        ("ten_on", tr("Ten frames on"), 10, ("Shift+Right",)),
        ("first", tr("First frame"), -_FAR, ("Home",)),
        ("last", tr("Last frame"), _FAR, ("End",)),
    )
    step = window.session.step
    return (
        *(make(n, text, partial(step, by), *keys, repeats=True) for n, text, by, keys in rows),
        make(
            "window_back",
            tr("One window back"),
            partial(window.steering.step_window, -1),
            "Ctrl+Left",
        ),
        make(
            "window_on", tr("One window on"), partial(window.steering.step_window, 1), "Ctrl+Right"
        ),
        make(
            "moment",
            tr("Next moment with much motion"),
            partial(window.steering.go_to_moment, 1),
            "Return",
        ),
        make(
            "moment_before",
            tr("Moment with much motion before"),
            partial(window.steering.go_to_moment, -1),
            "Shift+Return",
        ),
        make("place", tr("Go to a frame or a time"), window.transport.entry.setFocus, "G"),
    )


def _range(window: MainWindow) -> tuple[Command | None, ...]:
    make, tr, transport = MenuOf("range", window.tr("&Playback")), window.tr, window.transport
    return (
        make("in", tr("Range begins here"), transport.set_in, "I"),
        make("out", tr("Range ends here"), transport.set_out, "O"),
        make("clear", tr("No range"), partial(window.session.update, range=None), "U"),
        make("explain", tr("Explain the range only"), window.desk.explain_range),
    )


def _speed(window: MainWindow) -> tuple[Command | None, ...]:
    make, tr = MenuOf("speed", window.tr("&Playback")), window.tr
    return (
        make("slower", tr("Slower"), partial(_change_speed, window, -1), "["),
        make("faster", tr("Faster"), partial(_change_speed, window, 1), "]"),
        make("normal", tr("Normal speed"), partial(window.session.update, speed=1.0), "Backspace"),
        make(
            "loop",
            tr("At the end: stop, start over, turn round"),
            partial(_turn_loop, window),
            "Ctrl+L",
        ),
        make("pace", tr("Keep time, or show every frame"), partial(_turn_pace, window), "Ctrl+T"),
    )


def _change_speed(window: MainWindow, by: int) -> None:
    row = SPEEDS.index(window.session.state.speed) + by
    window.session.update(speed=SPEEDS[min(max(row, 0), len(SPEEDS) - 1)])


def _turn_loop(window: MainWindow) -> None:
    row = LOOPS.index(window.session.state.loop) + 1
    window.session.update(loop=LOOPS[row % len(LOOPS)])


def _turn_pace(window: MainWindow) -> None:
    row = PACES.index(window.session.state.pace) + 1
    window.session.update(pace=PACES[row % len(PACES)])
