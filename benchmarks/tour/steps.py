"""Steps of a tour: what hands do, and what must be seen then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.tour.desktop import Desktop
from benchmarks.tour.driver import Driver

Deed = Callable[[Desktop, Driver], object]

SAME: Any = object()
"""Expected of what must be as it was before the step."""

CHANGED: Any = object()
"""Expected of what must be something else than before the step."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step.

    Attributes
    ----------
    title : str
    deeds : tuple of callable
        What hands do, in order.
    expected : dict of str to object
        Parts of the state afterwards: a value, `SAME`, `CHANGED`, or a function of the value.
    seen : tuple of str
        Parts that must be seen whole in a window of 1280x800 or more.
    within_s : float
        How long it may take, in seconds.
    """

    title: str
    deeds: tuple[Deed, ...]
    expected: dict[str, Any] = field(default_factory=dict)
    seen: tuple[str, ...] = ()
    within_s: float = 8.0


def unmet(step: Step, before: dict[str, Any], state: dict[str, Any]) -> list[str]:
    """Return what is not as a step expects, a line each."""
    wrong = [f"not seen whole: {part}" for part, is_seen in state["seen"].items() if not is_seen]
    for name, wanted in step.expected.items():
        value = state[name]
        if wanted is SAME:
            wanted = before[name]
        elif wanted is CHANGED:
            wanted = other_than(before[name])
        if not (wanted(value) if callable(wanted) else value == wanted):
            told = "something else" if callable(wanted) else repr(wanted)
            wrong.append(f"{name} is {value!r}, expected {told}")
    return wrong


def keys(*names: str) -> Deed:
    """Press keys."""
    return lambda desktop, driver: desktop.keys(*names)


def text(what: str) -> Deed:
    """Type a text."""
    return lambda desktop, driver: desktop.text(what)


def home_path(name: str) -> Deed:
    """Type the path of a file in the home of the tour."""
    return lambda desktop, driver: desktop.text(str(driver.home / name))


def click(part: str, across: float = 0.5, down: float = 0.5, *, times: int = 1) -> Deed:
    """Click in a part, at shares of its width and height."""
    return lambda desktop, driver: desktop.click(*_at(driver, part, across, down), times=times)


def wheel(part: str, notches: int) -> Deed:
    """Turn the wheel over a part, down where positive."""
    return lambda desktop, driver: desktop.wheel(*_at(driver, part, 0.5, 0.5), notches)


def choose(menu: str, *items: str) -> tuple[Deed, ...]:
    """Click through a menu."""
    return click(f"menu:{menu}"), *(click(f"item:{item}") for item in items)


def drag(part: str, start: tuple[float, float], end: tuple[float, float], held: str = "") -> Deed:
    """Drag across a part, between shares of its width and height, with a key held."""

    def act(desktop: Desktop, driver: Driver) -> None:
        desktop.drag(_at(driver, part, *start), _at(driver, part, *end), held)

    return act


def write(part: str, what: str, *then: str) -> tuple[Deed, ...]:
    """Write over what a field holds, then press keys."""
    return click(part), keys("ctrl+a"), text(what), *((keys(*then),) if then else ())


def within(first: int, last: int) -> Callable[[int], bool]:
    """Return a check that a number is between two, both included."""
    return lambda value: first <= value <= last


def has(part: Any) -> Callable[[Any], bool]:
    """Return a check that a text or list has a part."""
    return lambda value: part in value


def lacks(part: Any) -> Callable[[Any], bool]:
    """Return a check that a text or list lacks a part."""
    return lambda value: part not in value


def other_than(unwanted: Any) -> Callable[[Any], bool]:
    """Return a check that a value is another one."""
    return lambda value: bool(value != unwanted)


def _at(driver: Driver, part: str, across: float, down: float) -> tuple[int, int]:
    left, top, width, height = driver.place(part)
    return left + round(across * (width - 1)), top + round(down * (height - 1))
