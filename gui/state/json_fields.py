"""Reading values out of JSON that anybody may have edited: each checked, each named when wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

MAX_INTEGER = 2**31 - 1
"""What a Qt signal of int can carry."""


class FieldError(ValueError):
    """A value that cannot be used; the text says which, and what it should be."""


class Fields:
    """The fields of a JSON object.

    Parameters
    ----------
    values : object
        What was read; anything but an object is refused.
    name : str
        Where it stands in the file, for messages; empty for the whole file.

    Raises
    ------
    FieldError
        From every method, where a value is of another kind or outside its range. A missing one is
        its default.
    """

    def __init__(self, values: object, name: str = "") -> None:
        if not isinstance(values, dict):
            raise FieldError(f"{name or 'the file'} should be an object")
        self._values = values
        self._name = name

    def part(self, key: str) -> Fields:
        """An object inside; an empty one where it is missing."""
        return Fields(self._values.get(key, {}), self._path(key))

    def text(self, key: str, default: str = "") -> str:
        """A text."""
        return str(self._kind(key, default, str, "a text"))

    def text_or_none(self, key: str) -> str | None:
        """A text, or None."""
        value = self._values.get(key)
        return None if value is None else self.text(key)

    def truth(self, key: str, default: bool = False) -> bool:
        """True or false."""
        return bool(self._kind(key, default, bool, "true or false"))

    def choice(self, key: str, choices: Collection[str], default: str) -> Any:
        """One of some texts."""
        value = self.text(key, default)
        if value not in choices:
            raise self._wrong(key, f"one of {', '.join(choices)}")
        return value

    def number(
        self, key: str, default: float, low: float = -math.inf, high: float = math.inf
    ) -> float:
        """A finite number in a range, both ends included."""
        value = self._kind(key, default, (int, float), "a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if isinstance(value, bool) or not math.isfinite(number) or not low <= number <= high:
            raise self._wrong(key, f"a number from {low:g} to {high:g}")
        return number

    def integer(self, key: str, default: int = 0, low: int = 0) -> int:
        """An integer from ``low`` to `MAX_INTEGER`."""
        return self._integer(key, self._values.get(key, default), low)

    def integer_or_none(self, key: str) -> int | None:
        """An integer from 0, or None."""
        return None if self._values.get(key) is None else self.integer(key)

    def span(self, key: str) -> tuple[int, int] | None:
        """A first frame and a later end, or None."""
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != 2:
            raise self._wrong(key, "two frame numbers")
        start, stop = (self._integer(key, end, 0) for end in value)
        if start >= stop:
            raise self._wrong(key, "a first frame and a later end")
        return start, stop

    def items(self, key: str, check: Callable[[object], bool], meant: str) -> list[Any]:
        """A list whose items pass a check; ``meant`` says what they should be."""
        value = self._kind(key, [], list, f"a list of {meant}")
        if not all(check(item) for item in value):
            raise self._wrong(key, f"a list of {meant}")
        return list(value)

    def opaque(self, key: str) -> dict[str, Any]:
        """An object whose content is not looked at."""
        return dict(self._kind(key, {}, dict, "an object"))

    def other(self, known: Collection[str]) -> dict[str, Any]:
        """The fields that are not known."""
        return {key: value for key, value in self._values.items() if key not in known}

    def _integer(self, key: str, value: object, low: int) -> int:
        if type(value) is not int or not low <= value <= MAX_INTEGER:
            raise self._wrong(key, f"a whole number from {low} to {MAX_INTEGER}")
        return value

    def _kind(self, key: str, default: object, kind: Any, meant: str) -> Any:
        value = self._values.get(key, default)
        if not isinstance(value, kind):
            raise self._wrong(key, meant)
        return value

    def _wrong(self, key: str, meant: str) -> FieldError:
        shown = repr(self._values.get(key))
        shown = shown if len(shown) <= 40 else f"{shown[:40]}..."
        return FieldError(f"{self._path(key)} is {shown} but should be {meant}")

    def _path(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key
