"""Commands that change the view state alone: the playhead, speed, and colours of relevance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from engine.render import COLOURS, GROUNDS, POLARITIES
from gui.commands.command import Command
from gui.state.view_model import ViewModel
from gui.state.view_state import LOOPS, PACES, SPEEDS

_FAR = 2**30
_OPACITY_STEP = 0.1
_STEPS = (
    ("step.frame_back", "Previous frame", -1, ("Left", ",")),
    ("step.frame_on", "Next frame", 1, ("Right", ".")),
    ("step.ten_back", "Ten frames back", -10, ("Shift+Left",)),
    ("step.ten_on", "Ten frames on", 10, ("Shift+Right",)),
    ("step.first", "First frame", -_FAR, ("Home",)),
    ("step.last", "Last frame", _FAR, ("End",)),
)


def view_commands(view: ViewModel) -> tuple[Command, ...]:
    """Return the commands that need nothing but the view state."""
    steps = (
        Command(name, text, partial(view.step, frames), keys, repeats=True)
        for name, text, frames, keys in _STEPS
    )
    clear = partial(view.update, range=None)
    return (
        *steps,
        Command("range.clear", "Clear range", clear, ("U",)),
        *_speed_commands(view),
        *_heat_commands(view),
    )


def _speed_commands(view: ViewModel) -> tuple[Command, ...]:
    slower, faster = (partial(_change_speed, view, by) for by in (-1, 1))
    normal = partial(view.update, speed=1.0)
    loop, pace = partial(_turn_loop, view), partial(_turn_pace, view)
    return (
        Command("speed.slower", "Slower", slower, ("[",)),
        Command("speed.faster", "Faster", faster, ("]",)),
        Command("speed.normal", "Normal speed", normal, ("Backspace",)),
        Command("speed.loop", "Loop: off, repeat, ping-pong", loop, ("Ctrl+L",)),
        Command("speed.pace", "Keep time, or show every frame", pace, ("Ctrl+T",)),
    )


def _heat_commands(view: ViewModel) -> tuple[Command, ...]:
    less, more = (partial(_change_opacity, view, by) for by in (-_OPACITY_STEP, _OPACITY_STEP))
    colours, polarity = partial(_turn_colours, view), partial(_turn_polarity, view)
    ground = partial(_turn_ground, view)
    return (
        Command("heat.less", "Less opacity", less, ("Ctrl+Down",), repeats=True),
        Command("heat.more", "More opacity", more, ("Ctrl+Up",), repeats=True),
        Command("heat.colours", "Next colour map", colours, ("C",)),
        Command("heat.polarity", "Both signs, positive, negative", polarity, ("P",)),
        Command("heat.ground", "Heat over grey, or over the frame's colours", ground, ()),
    )


def _change_speed(view: ViewModel, by: int) -> None:
    row = SPEEDS.index(view.state.speed) + by
    view.update(speed=SPEEDS[min(max(row, 0), len(SPEEDS) - 1)])


def _turn_loop(view: ViewModel) -> None:
    view.update(loop=_following(LOOPS, view.state.loop))


def _turn_pace(view: ViewModel) -> None:
    view.update(pace=_following(PACES, view.state.pace))


def _change_opacity(view: ViewModel, by: float) -> None:
    heat = view.state.heat
    opacity = round(min(max(heat.opacity + by, 0.0), 1.0), 2)
    view.update(heat=replace(heat, opacity=opacity))


def _turn_colours(view: ViewModel) -> None:
    heat = view.state.heat
    view.update(heat=replace(heat, colours=_following(tuple(COLOURS), heat.colours)))


def _turn_polarity(view: ViewModel) -> None:
    heat = view.state.heat
    view.update(heat=replace(heat, polarity=_following(POLARITIES, heat.polarity)))


def _turn_ground(view: ViewModel) -> None:
    heat = view.state.heat
    view.update(heat=replace(heat, ground=_following(GROUNDS, heat.ground)))


def _following(values: Sequence[Any], value: object) -> Any:
    """Return the value after another, in a ring; the first after one that is not in it."""
    return values[(values.index(value) + 1) % len(values)] if value in values else values[0]
