"""Stored values: plain values of JSON, TOML or the command line to dataclasses and back.

The dataclass is the schema: types, bounds (`msgspec.Meta`), defaults. Unions of a bounded number
with a tuple of fixed length are not used: msgspec 0.22 reads them wrongly.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec

from engine.utils.bounded_files import decoded

Value = TypeVar("Value")
Finite = Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
Share = Annotated[float, msgspec.Meta(ge=-1, le=2)]
"""A share of 0 to 1, or an end of its interval, with room for rounding."""

Base64 = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z", title="base64"
    ),
]

_PLACE = re.compile(r"(.*?)(?: - at (`key` in )?`\$([^`]*)`)?", re.DOTALL)
_NAMES = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
_BOUNDS = {" >= ": " from ", " > ": " above ", " <= ": " up to ", " < ": " below "}
_MOST_CHARACTERS = 40
_MOST_DEPTH = 100
"""Of lists and tables in each other; 8 are usual."""
_MOST_DIGITS = sys.int_info.default_max_str_digits
_MOST_BITS = int(_MOST_DIGITS * 3.3)
_MOST_DOTS = 100
_TOO_DEEP = "it is nested too deeply"
_TOO_LONG = f"it holds a number of more than {_MOST_DIGITS} digits"
_STATEMENT_ENDS = re.compile(r"[\n=,\[\]{}]")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


class SchemaError(ValueError):
    """A value that does not fit its schema.

    Parameters
    ----------
    text : str
        Half a sentence that names the value.
    key : str
        Names of the fields on the way to it, with dots between them.
    shown, needed : str
        The value, shortened, and the values that fit.
    """

    def __init__(self, text: str, key: str = "", shown: str = "", needed: str = "") -> None:
        super().__init__(text)
        self.key = key
        self.shown = shown
        self.needed = needed


def parse_json(text: str | bytes) -> Any:
    """Return the values of a JSON text, in which NaN and infinity are no numbers.

    Parameters
    ----------
    text : str or bytes
        Bytes are UTF-8, or what their first ones say.

    Raises
    ------
    SchemaError
        If it is not whole JSON, has a key twice, is nested too deeply, or holds a number or a
        text that no computer can use.
    """
    try:
        text = decoded(text) if isinstance(text, bytes) else text
        values = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once_each)
        _refuse_deep(values)
        if _SURROGATE.search(text):
            _refuse_halves(values)
    except UnicodeError as error:
        raise SchemaError("it holds a text that is no text in UTF-8") from error
    except RecursionError as error:
        raise SchemaError(f"it is not whole JSON: {_TOO_DEEP}") from error
    except ValueError as error:
        raise SchemaError(f"it is not whole JSON: {_reason(error)}") from error
    return values


def parse_toml(text: str) -> dict[str, Any]:
    """Return the values of a TOML text. Infinity and NaN are numbers of TOML.

    Raises
    ------
    SchemaError
        If it is not TOML, nested too deeply, or holds a number too long to use.
    """
    try:
        if any(part.count(".") > _MOST_DOTS for part in _STATEMENT_ENDS.split(text)):
            raise ValueError(_TOO_DEEP)  # its parser takes the square of that
        values = tomllib.loads(text)
        _refuse_deep(values)
        _refuse_long_numbers(values)
    except RecursionError as error:
        raise SchemaError(f"it is not TOML: {_TOO_DEEP}") from error
    except ValueError as error:
        raise SchemaError(f"it is not TOML: {_reason(error)}") from error
    return values


def to_plain(value: object) -> Any:
    """Return a dataclass as values that JSON can hold."""
    return msgspec.to_builtins(value, enc_hook=str)


def convert(
    values: object, kind: type[Value], key: str = "", *, strict: bool = True, closed: bool = False
) -> Value:
    """Convert plain values to a dataclass, or to another type.

    Parameters
    ----------
    values : object
        As JSON or TOML give them.
    kind : type
        Its schema.
    key : str
        Names of the fields on the way to the values, for messages.
    strict : bool
        Whether texts are texts; else they may stand for numbers, as on the command line.
    closed : bool
        Whether unknown keys are refused instead of ignored.

    Raises
    ------
    SchemaError
        If a value is missing, unknown, of another type or outside its bounds.
    """
    if closed and isinstance(values, dict):
        known = fields_of(kind)
        for name in values:
            if name not in known:
                shown = shortened(str(name))
                raise SchemaError(f"{_joined(key, shown)} does not exist", shown)
    try:
        return msgspec.convert(values, kind, strict=strict, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise _explained(str(error), values, kind, key) from error
    except UnicodeError as error:  # half a surrogate where a name is looked up
        raise SchemaError(f"{key or 'the file'} has a name that is no text", key) from error


def shortened(text: str) -> str:
    """Return a text of a file that a sentence can hold."""
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}..."


def one_of(names: Iterable[str]) -> msgspec.Meta:
    """Return the schema of a text that is one of some names."""
    listed = list(names)
    pattern = "|".join(map(re.escape, listed))
    return msgspec.Meta(pattern=rf"^(?:{pattern})\Z", title=f"one of {', '.join(listed)}")


def fields_of(kind: Any) -> dict[str, Any]:
    """Return the fields of a dataclass with their annotations."""
    return get_type_hints(kind, include_extras=True)


def parts_of(annotation: Any) -> Iterator[Any]:
    """Iterate over an annotation and all inside it, the outer `msgspec.Meta` before the inner."""
    yield annotation
    for part in reversed(get_args(annotation)) if get_origin(annotation) is not Literal else ():
        yield from parts_of(part)


def choices_of(annotation: Any) -> tuple[str, ...]:
    """Return the texts of the first Literal in an annotation."""
    for part in parts_of(annotation):
        if get_origin(part) is Literal:
            return get_args(part)
    return ()


def needed_by(annotation: Any) -> str:
    """Return the title of an annotation or its choices in words."""
    for part in parts_of(annotation):
        if isinstance(part, msgspec.Meta) and part.title:
            return part.title
    choices = choices_of(annotation)
    return f"one of {', '.join(choices)}" if choices else ""


def _refuse_constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _reason(error: ValueError) -> str:
    """Return the fault of a text, in other words than Python's for programmers."""
    return _TOO_LONG if "integer string conversion" in str(error) else str(error)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {shortened(repr(twice))} is there twice")
    return values


def _parts(values: Any) -> Iterator[list[Any]]:
    """Iterate over the values of a document level by level, without recursion."""
    level = [values]
    while level:
        yield level
        level = [
            part
            for holder in level
            if isinstance(holder, dict | list)
            for part in (holder.values() if isinstance(holder, dict) else holder)
        ]


def _refuse_deep(values: Any) -> None:
    if any(depth > _MOST_DEPTH for depth, _ in enumerate(_parts(values))):
        raise ValueError(_TOO_DEEP)


def _refuse_long_numbers(values: Any) -> None:
    for level in _parts(values):
        if any(isinstance(one, int) and one.bit_length() > _MOST_BITS for one in level):
            raise ValueError(_TOO_LONG)


def _refuse_halves(values: Any) -> None:
    """Refuse halves of characters, but those that stand for bytes of names of files."""
    json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogateescape")


def _decode(kind: Any, value: Any) -> Any:
    if kind is not Path or not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("Expected `str`")
    return Path(value)


def _explained(text: str, values: Any, kind: Any, key: str) -> SchemaError:
    """Return what msgspec says in words of the user, with the value itself."""
    match = _PLACE.fullmatch(text)
    reason, of_names, place = match.groups("") if match else (text, "", "")
    annotation = kind
    for name in filter(None, place.partition("[")[0].split(".")):
        key = _joined(key, name)
        values = values.get(name) if isinstance(values, dict) else None
        annotation = _field(annotation, name)
    if reason.startswith("Object missing required field"):
        key = _joined(key, reason.split("`")[1])
        return SchemaError(f"{key} is missing", key)
    needed = needed_by(annotation) or _in_words(reason)
    if not needed:
        return SchemaError(f"{key or 'the file'}: {reason}", key)
    if of_names:
        needed = f"{needed}, each with a name that is {_in_words(reason)},"
    shown = shortened(repr(values))
    return SchemaError(f"{key or 'the file'} is {shown} but should be {needed}", key, shown, needed)


def _field(annotation: Any, name: str) -> Any:
    holders = (fields_of(part) for part in parts_of(annotation) if is_dataclass(part))
    return next((fields[name] for fields in holders if name in fields), annotation)


def _in_words(reason: str) -> str:
    """Return "Expected `int | null` >= 1, got ..." as "a whole number from 1"."""
    expected = re.match(r"Expected `([^`]*)`([^,]*)", reason)
    if expected is None:
        return ""
    names = [_NAMES[name] for name in expected[1].split(" | ") if name in _NAMES]
    bounds = expected[2].removesuffix(".0")
    for sign, word in _BOUNDS.items():
        bounds = bounds.replace(sign, word)
    return " or ".join(names) + bounds


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
