"""Names in the view of a session that this version does not know, and what stands in for them.

No Qt. The session is shown with the stand-ins; saved again, it keeps the names that it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.render import GROUNDS, POLARITIES, HeatLook, is_colour_map
from engine.render.panes import PANES
from engine.types import DEFAULT_PRESET, PRESETS
from gui.state.view_state import LOOPS, PACES, ViewState

_HEAT = "heat"


@dataclass(frozen=True, slots=True)
class StandIn:
    """A value of a view that stands in for one that is not known here.

    Attributes
    ----------
    place : tuple of str
        Names of the fields on the way to the value.
    stored, shown : object
        The value of the file, and the one in its place, both as JSON has them.
    text : str
        "the pane holiday is not known here".
    """

    place: tuple[str, ...]
    stored: Any
    shown: Any
    text: str


def stand_ins_for(view: Mapping[str, Any]) -> tuple[StandIn, ...]:
    """Return the stand-ins that a view needs. Values that are no names are left to the schema."""
    heat = view.get(_HEAT)
    usual, look = ViewState(), HeatLook()
    found = [
        *_named(view, ("preset",), PRESETS, DEFAULT_PRESET, "preset"),
        *_named(view, ("loop",), LOOPS, usual.loop, "way of looping"),
        *_named(view, ("pace",), PACES, usual.pace, "pace"),
        *_panes(view),
    ]
    if isinstance(heat, dict):
        found += _colours(heat, look)
        found += _named(heat, (_HEAT, "ground"), GROUNDS, look.ground, "ground")
        found += _named(heat, (_HEAT, "polarity"), POLARITIES, look.polarity, "polarity")
    return tuple(found)


def with_stand_ins(view: Mapping[str, Any], stand_ins: Sequence[StandIn]) -> dict[str, Any]:
    """Return a view that has the stand-ins in the place of what they stand for."""
    return _replaced(view, {each.place: each.shown for each in stand_ins})


def with_stored(view: Mapping[str, Any], stand_ins: Sequence[StandIn]) -> dict[str, Any]:
    """Return a view that has the stored values wherever the stand-ins were left as they were."""
    kept = (each for each in stand_ins if _value(view, each.place) == each.shown)
    return _replaced(view, {each.place: each.stored for each in kept})


def _named(
    values: Mapping[str, Any], place: tuple[str, ...], known: Iterable[str], shown: str, kind: str
) -> Iterator[StandIn]:
    name = values.get(place[-1], shown)
    if isinstance(name, str) and name not in known:
        yield StandIn(place, name, shown, f"the {kind} {name[:40]} is not known here")


def _colours(heat: Mapping[str, Any], look: HeatLook) -> Iterator[StandIn]:
    name = heat.get("colours", look.colours)
    known = [name] if isinstance(name, str) and is_colour_map(name) else []
    return _named(heat, (_HEAT, "colours"), known, look.colours, "colour map")


def _panes(view: Mapping[str, Any]) -> Iterator[StandIn]:
    panes = view.get("panes", [])
    if not isinstance(panes, list) or not all(isinstance(name, str) for name in panes):
        return
    unknown = [name for name in panes if name not in PANES]
    if not unknown:
        return
    spare = iter([name for name in PANES if name not in panes] * len(panes))
    shown = [name if name in PANES else next(spare) for name in panes]
    listed = ", ".join(name[:40] for name in unknown)
    yield StandIn(("panes",), panes, shown, f"the pane {listed} is not known here")


def _value(view: Mapping[str, Any], place: tuple[str, ...]) -> Any:
    value: Any = view
    for name in place:
        value = value[name]
    return list(value) if isinstance(value, tuple) else value


def _replaced(view: Mapping[str, Any], values: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    """Return a view with some values replaced, one field deep at most."""
    made = dict(view)
    if isinstance(made.get(_HEAT), dict):
        made[_HEAT] = dict(made[_HEAT])
    for place, value in values.items():
        inside = made if len(place) == 1 else made[_HEAT]
        inside[place[-1]] = value
    return made
