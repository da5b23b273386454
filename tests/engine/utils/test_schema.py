from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from msgspec import Meta

from engine.models.cards.card_schema import CardKeys, Expected
from engine.store.document import _StoredWindow
from engine.types import ModelSpec, Rect, Request
from engine.utils.schema import (
    Base64,
    SchemaError,
    choices_of,
    convert,
    fields_of,
    one_of,
    parse_json,
    parse_toml,
    parts_of,
    to_plain,
)
from gui.main_window.appearance import WindowLook
from gui.state.session_file import _Stored
from gui.state.view_state import ViewState

STORED = (
    Request,
    ModelSpec,
    Rect,
    _StoredWindow,
    _Stored,
    ViewState,
    WindowLook,
    CardKeys,
    Expected,
)


@dataclass(frozen=True, slots=True)
class Lens:
    strength: Annotated[float, Meta(gt=0, le=2)] = 1.0
    kind: Literal["near", "far"] = "near"


@dataclass(frozen=True, slots=True)
class Glasses:
    owner: str
    lens: Lens = field(default_factory=Lens)
    case: Path | None = None
    scratches: Annotated[int, Meta(ge=0)] = 0
    worn: bool = False
    colour: Annotated[str, one_of(["red", "blue"])] = "red"
    sizes: tuple[int, ...] = ()


def test_a_dataclass_comes_back_from_plain_values() -> None:
    glasses = Glasses("Ada", Lens(0.5, "far"), Path("a/case"), 3, True, "blue", (1, 2))
    plain = json.loads(json.dumps(to_plain(glasses)))
    assert plain["case"] == str(Path("a/case"))
    assert convert(plain, Glasses) == glasses
    assert convert({"owner": "Ada"}, Glasses) == Glasses("Ada")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "owner is missing"),
        ([], "the file is [] but should be an object"),
        ({"owner": 3}, "owner is 3 but should be a text"),
        ({"owner": "a", "scratches": True}, "scratches is True but should be a whole number"),
        ({"owner": "a", "scratches": -1}, "scratches is -1 but should be a whole number from 0"),
        ({"owner": "a", "worn": 1}, "worn is 1 but should be true or false"),
        ({"owner": "a", "case": 1}, "case is 1 but should be a text"),
        ({"owner": "a", "case": "a\0"}, r"case is 'a\x00' but should be a text"),
        ({"owner": "a", "case": ""}, "case is '' but should be a text"),
        ({"owner": "a", "sizes": [1, "b"]}, "sizes is [1, 'b'] but should be a whole number"),
        (
            {"owner": "a", "lens": {"strength": 0}},
            "lens.strength is 0 but should be a number above",
        ),
        (
            {"owner": "a", "lens": {"strength": 3}},
            "lens.strength is 3 but should be a number up to",
        ),
        ({"owner": "a", "lens": {"kind": "x"}}, "lens.kind is 'x' but should be one of near, far"),
        ({"owner": "a", "colour": "x"}, "colour is 'x' but should be one of red, blue"),
        ({"owner": "a", "colour": "red\n"}, r"colour is 'red\n' but should be one of red, blue"),
        ({"owner": "a", "lens": {"strength": 10**400}}, "lens.strength: Number out of range"),
        ({"owner": "a", "lens": {"kind": "\ud800"}}, "the file has a name that is no text"),
    ],
    ids=str,
)
def test_a_value_that_does_not_fit_is_named_with_what_does(values: object, said: str) -> None:
    with pytest.raises(SchemaError) as caught:
        convert(values, Glasses)
    assert str(caught.value).startswith(said)


def test_a_value_is_named_from_where_it_stands() -> None:
    with pytest.raises(SchemaError, match=r"^a\.b\.lens\.kind is 3") as caught:
        convert({"owner": "a", "lens": {"kind": 3}}, Glasses, "a.b")
    assert (caught.value.key, caught.value.shown) == ("a.b.lens.kind", "3")


def test_a_long_value_is_shortened() -> None:
    with pytest.raises(SchemaError) as caught:
        convert({"owner": ["a" * 1_000]}, Glasses)
    assert len(str(caught.value)) < 100


def test_unknown_keys_are_refused_only_where_asked() -> None:
    values = {"owner": "a", "shape": "round"}
    assert convert(values, Glasses) == Glasses("a")
    with pytest.raises(SchemaError, match=r"^x\.shape does not exist"):
        convert(values, Glasses, "x", closed=True)


@pytest.mark.parametrize("text", ["", "AdnQ", "AdnQyw==", "AAAA/w=="])
def test_base64_is_taken(text: str) -> None:
    assert convert(text, Base64) == text


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "[Infinity]", "[-Infinity]", "[" * 100_000, "1" * 5_000, b"\xff\xfe"]
)
def test_what_is_no_finite_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(SchemaError, match="not whole JSON"):
        parse_json(text)


def test_choices_are_found_inside_an_annotation() -> None:
    assert choices_of(fields_of(Lens)["kind"]) == ("near", "far")
    assert choices_of(fields_of(Glasses)["owner"]) == ()


def _is_misread(annotation: Any) -> bool:
    """Whether msgspec 0.22 reads a union wrongly: a bounded number beside a tuple of n values."""
    if get_origin(annotation) is not Union and type(annotation).__name__ != "UnionType":
        return False
    inside = get_args(annotation)
    fixed = any(get_origin(part) is tuple and Ellipsis not in get_args(part) for part in inside)
    return fixed and any(get_origin(part) is Annotated for part in inside)


@pytest.mark.parametrize("kind", STORED)
def test_no_schema_has_a_union_that_is_misread(kind: type) -> None:
    parts = [part for hint in fields_of(kind).values() for part in parts_of(hint)]
    inner = [hint for part in parts if part in STORED for hint in fields_of(part).values()]
    assert not [part for part in (*parts, *inner) if _is_misread(part)]


def test_the_misread_union_is_noticed() -> None:
    assert _is_misread(Annotated[int, Meta(ge=1)] | tuple[int, int] | None)
    assert not _is_misread(int | tuple[int, int])


@pytest.mark.parametrize(("strength", "bound"), [(0, "above 0"), (3, "up to 2")])
def test_a_bound_is_told_in_words(strength: float, bound: str) -> None:
    with pytest.raises(SchemaError, match=f"should be a number {bound}$"):
        convert({"strength": strength}, Lens)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1" * 5_000, "a number of more than 4300 digits"),
        ('{"a": 1, "a": 2}', "the key 'a' is there twice"),
        ('"\\ud800"', "no text in UTF-8"),
        (b'"\xed\xa0\x80"', "no text in UTF-8"),
        (b'"\xff"', "no text in UTF-8"),
        ('"a\0"', "control character"),
        ("[" * 200 + "]" * 200, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
    ],
)
def test_json_that_no_computer_can_use_is_refused_by_its_cause(
    text: str | bytes, reason: str
) -> None:
    with pytest.raises(SchemaError, match=reason) as caught:
        parse_json(text)
    assert len(str(caught.value)) < 200


def test_json_of_usual_numbers_texts_and_marks_is_read() -> None:
    assert parse_json(b'\xef\xbb\xbf[1, -2.5e3, "\\ud83d\\ude00"]') == [1, -2500, "😀"]
    assert parse_json("[1]".encode("utf-16")) == [1]
    assert parse_json('"caf\\udce9"') == "caf\udce9"  # the name of a file in another encoding
    assert parse_json("[" * 90 + "]" * 90)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = " + "1" * 5_000, "more than 4300 digits"),
        ("a = 0x" + "f" * 5_000, "more than 4300 digits"),
        ("a = " + "[" * 5_000, "nested too deeply"),
        ("a" + ".a" * 100_000 + " = 1", "nested too deeply"),
        ("[a" + ".a" * 100_000 + "]", "nested too deeply"),
        ("a = " + "[" * 150 + "]" * 150, "nested too deeply"),
        ("a = 1\na = 2", "overwrite"),
        ("a = 2020-13-45", "at line 1"),
        ('a = "\\ud800"', "at line 1"),
        ("a = 'x\0'", "at line 1"),
    ],
)
def test_toml_that_no_computer_can_use_is_refused_by_its_cause(text: str, reason: str) -> None:
    with pytest.raises(SchemaError, match=reason) as caught:
        parse_toml(text)
    assert len(str(caught.value)) < 200


def test_toml_of_usual_values_is_read() -> None:
    assert parse_toml("a.b = [1.5, nan, inf]\n")["a"]["b"][0] == 1.5
    assert len(parse_toml(f"a = [{'0.5, ' * 1_000}]")["a"]) == 1_000
