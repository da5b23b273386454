"""The keys of a model card: what each means, what it may be, and how it is read. No torch.

One table for the parser, the JSON schema and the documentation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    Attributes
    ----------
    wanted : str
        What is needed, for a message: "a whole number from 1 up".
    schema : dict
        The same as JSON schema.
    read : callable
        From the value that TOML gave to the one that is kept; None where it is not of the kind.
    """

    wanted: str
    schema: Schema
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a card.

    Attributes
    ----------
    name, text : str
        What it is called, and what it means.
    kind : Kind
        What it may be.
    example : str
        A line of TOML.
    """

    name: str
    text: str
    kind: Kind
    example: str


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any, lowest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= lowest


def _is_count(value: Any) -> bool:
    return _is_whole(value, 1)


def _text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None


def _count(value: Any) -> int | None:
    return value if _is_count(value) else None


def _index(value: Any) -> int | None:
    return value if _is_whole(value, 0) else None


def _positive(value: Any) -> float | None:
    return float(value) if _is_number(value) and value > 0 else None


def _two_counts(value: Any) -> tuple[int, int] | None:
    if isinstance(value, list) and len(value) == 2 and all(map(_is_count, value)):
        return value[0], value[1]
    return None


def _resize(value: Any) -> tuple[int, int] | int | None:
    return value if _is_count(value) else _two_counts(value)


def _crop(value: Any) -> tuple[int, int] | None:
    return (value, value) if _is_count(value) else _two_counts(value)


def _numbers(value: Any, count: int) -> tuple[float, ...] | None:
    if isinstance(value, list) and len(value) == count and all(map(_is_number, value)):
        return tuple(float(part) for part in value)
    return None


def _three(value: Any) -> tuple[float, ...] | None:
    return (float(value),) * 3 if _is_number(value) else _numbers(value, 3)


def _three_above_zero(value: Any) -> tuple[float, ...] | None:
    three = _three(value)
    return three if three is not None and min(three) > 0 else None


def _rising(value: Any) -> tuple[float, ...] | None:
    two = _numbers(value, 2)
    return two if two is not None and two[0] < two[1] else None


def _scores(value: Any) -> tuple[tuple[str, float], ...] | None:
    if not isinstance(value, dict) or not value or not all(map(_is_number, value.values())):
        return None
    return tuple((name, float(score)) for name, score in value.items())


def _choice(*names: str) -> Kind:
    quoted = " or ".join(f'"{name}"' for name in names)
    return Kind(quoted, {"enum": list(names)}, lambda value: value if value in names else None)


def _list_of(items: Schema, count: int) -> Schema:
    return {"type": "array", "items": items, "minItems": count, "maxItems": count}


_NUMBER: Schema = {"type": "number"}
_WHOLE: Schema = {"type": "integer", "minimum": 1}
_ABOVE_ZERO: Schema = {"type": "number", "exclusiveMinimum": 0}

TEXT = Kind("a text in quotes", {"type": "string", "minLength": 1}, _text)
FILE = Kind("a file name in quotes", {"type": "string", "minLength": 1}, _text)
COUNT = Kind("a whole number from 1 up", _WHOLE, _count)
INDEX = Kind("a whole number from 0 up", {"type": "integer", "minimum": 0}, _index)
POSITIVE = Kind("a number above 0", _ABOVE_ZERO, _positive)
RESIZE = Kind(
    "a whole number of pixels or [height, width]",
    {"anyOf": [_WHOLE, _list_of(_WHOLE, 2)]},
    _resize,
)
CROP = Kind(RESIZE.wanted, RESIZE.schema, _crop)
RANGE = Kind("two rising numbers [low, high]", _list_of(_NUMBER, 2), _rising)
THREE = Kind("a number or three in a list", {"anyOf": [_NUMBER, _list_of(_NUMBER, 3)]}, _three)
THREE_ABOVE_ZERO = Kind(
    "a number above 0 or three in a list",
    {"anyOf": [_ABOVE_ZERO, _list_of(_ABOVE_ZERO, 3)]},
    _three_above_zero,
)
SCORES = Kind(
    "a table of labels with numbers",
    {"type": "object", "minProperties": 1, "additionalProperties": _NUMBER},
    _scores,
)

_CARD_KEYS = (
    Key("name", "Name in menus and results; the file's own where left out.", TEXT, 'name = "mine"'),
    Key(
        "network",
        "Name of a known model, `module:function` or `file.py:function`, a `.pt2` of "
        "torch.export, a `.pt` of TorchScript, or `hf:` and a folder or hub name.",
        TEXT,
        'network = "r3d_18"',
    ),
    Key(
        "checkpoint",
        "Weights for it: `.pth`, `.pt` or `.safetensors`.",
        FILE,
        'checkpoint = "best.pth"',
    ),
    Key(
        "prefix",
        "Only weights whose names begin so are taken, without it; the prefixes of DataParallel "
        "and torch.compile need no mention.",
        TEXT,
        'prefix = "student."',
    ),
    Key(
        "labels",
        "Text file with one class a line, in the order of the logits.",
        FILE,
        'labels = "labels.txt"',
    ),
    Key("frames", "Frames in one clip.", COUNT, "frames = 16"),
    Key("fps", "Frames per second that the network was trained at.", POSITIVE, "fps = 15"),
    Key("stride", "In place of fps: every how many frames one is taken.", COUNT, "stride = 2"),
    Key(
        "resize",
        "Length of the shorter side after the resize (the aspect is kept), or [height, width].",
        RESIZE,
        "resize = [128, 171]",
    ),
    Key(
        "crop", "Side or [height, width] of the centre crop: the input.", CROP, "crop = [112, 112]"
    ),
    Key(
        "layout",
        "Order of the dimensions that the network takes.",
        _choice("NCTHW", "NTCHW"),
        'layout = "NTCHW"',
    ),
    Key(
        "channels",
        "Order of the colours that the network takes; mean and std are in this order.",
        _choice("rgb", "bgr"),
        'channels = "bgr"',
    ),
    Key("range", "What black and white become before mean and std.", RANGE, "range = [0, 255]"),
    Key("mean", "Subtracted, a number a channel.", THREE, "mean = [0.43, 0.39, 0.38]"),
    Key("std", "Divided by, a number a channel.", THREE_ABOVE_ZERO, "std = [0.23, 0.22, 0.22]"),
    Key("layer", "Layer that class activation maps are made of.", TEXT, 'layer = "layer4"'),
)

_EXPECTED_KEYS = (
    Key("clip", "A video whose scores are known.", FILE, 'clip = "wave.mp4"'),
    Key("start", "First frame of the clip in it, counted from 0.", INDEX, "start = 0"),
    Key("top", "The class scored highest.", TEXT, 'top = "waving"'),
    Key("scores", "Logits of some classes.", SCORES, "scores = { waving = 7.31 }"),
    Key("tolerance", "How far a logit may be off; 0.05 if left out.", POSITIVE, "tolerance = 0.1"),
)

CARD_KEYS: dict[str, Key] = {key.name: key for key in _CARD_KEYS}
EXPECTED_KEYS: dict[str, Key] = {key.name: key for key in _EXPECTED_KEYS}
"""The keys of the table [expected]."""


def card_schema() -> Schema:
    """JSON schema (2020-12) of a card."""
    expected = {"type": "object", "required": ["clip"], **_table(EXPECTED_KEYS)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Model card of Motion Inspector",
        "type": "object",
        "required": ["network"],
        **_table(CARD_KEYS, {"expected": expected}),
        "not": {"required": ["fps", "stride"]},
    }


def _table(keys: dict[str, Key], more: Schema | None = None) -> Schema:
    properties = {key.name: {"description": key.text, **key.kind.schema} for key in keys.values()}
    return {"properties": {**properties, **(more or {})}, "additionalProperties": False}
