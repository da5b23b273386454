from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ModelError
from engine.models.cards.card_schema import CARD_KEYS, EXPECTED_KEYS, INPUT_KEYS, Key, card_schema
from engine.models.cards.library import find_card, known_models, save_card, shelf_folder
from engine.models.cards.reading import parse_card, read_card
from engine.models.loaders.sources import find_network

SCHEMA = Path(__file__).parents[4] / "docs" / "model-card.schema.json"
SAMPLES: list[Any] = [
    *(
        "text",
        "rgb",
        "bgr",
        "grey",
        "NCTHW",
        "NTCHW",
        "nearest",
        "floor",
        "sigmoid",
        "lstm",
        "last",
        "dict",
        "max",
        "NTK",
        "",
        " ",
        0,
        1,
        16,
        -1,
        0.5,
        -0.5,
        True,
        False,
    ),
    *([1, 2], [2, 1], [1.5, 2], [0, 1], [1, 2, 3], [0.0, 1, 1], [-1, 0, 1], [1], ["a", "b"]),
    *({}, {"waving": 1.5}, {"waving": "high"}, [True, 1]),
]


def agrees(schema: dict[str, Any], value: Any) -> bool:
    """The part of JSON schema that the cards use."""
    if "anyOf" in schema:
        return any(agrees(part, value) for part in schema["anyOf"])
    if "enum" in schema:
        return value in schema["enum"]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    of_type = {
        "null": value is None,
        "string": isinstance(value, str),
        "number": number,
        "integer": number and isinstance(value, int),
        "array": isinstance(value, list),
        "object": isinstance(value, dict),
    }[schema["type"]]
    if not of_type or value is None:
        return of_type
    if schema["type"] == "array":
        fits = schema["minItems"] <= len(value) <= schema["maxItems"]
        return fits and all(agrees(schema["items"], part) for part in value)
    if schema["type"] == "object":
        parts = value.values()
        return len(value) >= schema["minProperties"] and all(
            agrees(schema["additionalProperties"], part) for part in parts
        )
    if schema["type"] == "string":
        return len(value) >= schema["minLength"]
    within = schema.get("minimum", value) <= value <= schema.get("maximum", value)
    return within and value > schema.get("exclusiveMinimum", value - 1)


def is_taken(key: str, value: Any) -> bool:
    """Whether the parser takes a value for a key, or refuses it by its name."""
    table: dict[str, Any] = {"network": "r3d_18", key: value}
    if key in EXPECTED_KEYS:
        table = {"network": "r3d_18", "expected": {"clip": "a", "top": "a", key: value}}
    if key == "network":
        table = {"network": value if not isinstance(value, str) or not value.strip() else "s3d"}
    if key == "endpoint":
        sent = "http://a/score" if isinstance(value, str) and value.strip() else value
        table = {"endpoint": sent}
    if key == "frame_network":
        table = {key: value}
    if key in ("temporal", "readout"):
        table = {"frame_network": "resnet18", key: value}
    if key == "pass_as":
        table |= {"network": "net.py:build", "inputs": [{"name": "a", "kind": "rgb"}]}
    if key in ("layout", "channels"):
        table["network"] = "net.pt"
    try:
        parse_card(table, Path("a.toml"))
    except ModelError as error:
        return not (repr(key) in str(error) and error.hint)
    return True


def test_schema_file_is_that_of_the_parser() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == card_schema()


def test_schema_names_the_keys_and_what_they_mean() -> None:
    tables = card_schema()["$defs"]
    for name, keys in (
        ("CardKeys", CARD_KEYS),
        ("Expected", EXPECTED_KEYS),
        ("InputKeys", INPUT_KEYS),
    ):
        described = {key: part.get("description") for key, part in properties(name).items()}
        assert described == {key.name: key.text for key in keys.values()}
        assert tables[name]["additionalProperties"] is False
    one = [{"required": [key]} for key in ("network", "endpoint", "frame_network")]
    assert (tables["CardKeys"]["oneOf"], tables["Expected"]["required"]) == (one, ["clip"])


def properties(table: str) -> dict[str, Any]:
    """Schemas of the keys of a table, but those of the tables inside it."""
    inside = card_schema()["$defs"][table]["properties"]
    return {name: part for name, part in inside.items() if name not in ("expected", "inputs")}


@pytest.mark.parametrize("key", [*CARD_KEYS.values(), *EXPECTED_KEYS.values()])
def test_schema_and_parser_take_the_same_values(key: Key) -> None:
    # What only the parser can tell: texts of spaces, and ranges that fall.
    only_parsed = [" ", [2, 1]]
    schema = (properties("CardKeys") | properties("Expected"))[key.name]
    taken = [value for value in SAMPLES if is_taken(key.name, value)]
    allowed = [value for value in SAMPLES if agrees(schema, value)]
    assert [value for value in allowed if value not in only_parsed or value in taken] == taken
    assert taken


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("key", ["fps", "range", "mean", "std", "scores", "tolerance"])
def test_numbers_that_are_none_are_refused(key: str, value: float) -> None:
    listed = {"range": [0.0, value], "scores": {"a": value}}
    assert not is_taken(key, listed.get(key, value))
    assert not is_taken(key, [value] * 3)


def test_card_takes_over_what_the_network_wants_and_says_otherwise(tmp_path: Path) -> None:
    table = {"network": "r3d_18", "stride": 2, "crop": 96, "labels": "../labels.txt"}
    card = parse_card(table, tmp_path / "mine.toml")
    base = find_network("r3d_18").spec
    spec = card.spec(base, ("a", "b"))
    assert card.labels == tmp_path / "../labels.txt"
    assert (spec.name, spec.labels, spec.fps, spec.stride) == ("mine", ("a", "b"), None, 2)
    assert (spec.crop, spec.resize, spec.mean) == ((96, 96), base.resize, base.mean)


def test_card_in_bgr_gives_mean_and_std_in_that_order(tmp_path: Path) -> None:
    table = {"network": "net.py:build", "labels": "l.txt", "frames": 4, "fps": 15, "resize": 16}
    table |= {"crop": 16, "channels": "bgr", "mean": [1, 2, 3], "std": [4, 5, 6], "range": [0, 255]}
    spec = parse_card(table, tmp_path / "mine.toml").spec(None, ("a",))
    assert (spec.mean, spec.std) == ((3.0, 2.0, 1.0), (6.0, 5.0, 4.0))
    assert spec.value_range == (0.0, 255.0)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"network": "r3d_18", "frame_network": "resnet18"}, "names network and frame_network"),
        ({"network": "r3d_18", "temporal": "mean"}, "temporal or readout without a frame_network"),
        ({"frame_network": "resnet18", "layout": "NTCHW"}, "changes the layout of a frame_network"),
        ({"name": "a"}, "names no network"),
    ],
)
def test_keys_that_name_networks_exclude_each_other(
    table: dict[str, str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=said):
        parse_card(table, tmp_path / "a.toml")


def test_card_of_a_frame_network_needs_no_labels_but_its_input(tmp_path: Path) -> None:
    card = parse_card({"frame_network": "resnet18", "frames": 8}, tmp_path / "a.toml")
    with pytest.raises(ModelError, match="does not say resize, crop, fps of resnet18"):
        card.spec(None, ())


@pytest.mark.parametrize("mean", [0.4, [0.4], [0.4, 0.4, 0.4]])
def test_card_in_grey_has_one_mean(mean: object, tmp_path: Path) -> None:
    table = {"network": "r3d_18", "channels": "grey", "std": [0.2]}
    base = find_network("r3d_18").spec
    spec = parse_card({**table, "mean": mean}, tmp_path / "a.toml").spec(base, ("a",))
    assert spec.grey
    assert (spec.mean, spec.std) == ((0.4,) * 3, (0.2,) * 3)
    for unfit in ({}, {"mean": [0.4, 0.5, 0.6]}):
        with pytest.raises(ModelError, match="the mean of r3d_18 is that of three colours"):
            parse_card({**table, **unfit}, tmp_path / "a.toml").spec(base, ("a",))


def test_unknown_key_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        parse_card({"network": "r3d_18", "widht": 3, "chekpoint": "a"}, tmp_path / "a.toml")
    assert "'widht'" in str(caught.value)
    with pytest.raises(ModelError) as caught:
        parse_card({"network": "r3d_18", "chekpoint": "a"}, tmp_path / "a.toml")
    assert caught.value.hint.startswith("Did you mean: checkpoint")
    with pytest.raises(ModelError, match=r"key expected\.'topp'"):
        parse_card({"network": "s3d", "expected": {"topp": "a"}}, tmp_path / "a.toml")


def test_saved_card_is_a_model_by_its_name() -> None:
    assert find_card("my-gestures") is None
    info = save_card('name = "My gestures"\nnetwork = "r3d_18"\n')
    assert info.name == "My-gestures"
    assert known_models()["My-gestures"].title == "My gestures"
    card = find_card("My-gestures")
    assert card is not None
    assert card.path == shelf_folder() / "My-gestures.toml"
    assert list(known_models())[-1] == "My-gestures"


def test_saved_card_that_is_broken_says_so_in_the_list() -> None:
    save_card('name = "a"\nnetwork = "r3d_18"\n')
    (shelf_folder() / "a.toml").write_text("frames = 'many'")
    assert "cannot be used" in known_models()["a"].summary


@pytest.mark.parametrize("text", ['name = "figures"\nnetwork = "s3d"', 'network = "nothing"'])
def test_save_card_refuses_a_taken_name_and_a_bad_card(text: str) -> None:
    with pytest.raises(ModelError):
        save_card(text)
    assert not shelf_folder().exists()


def test_read_card_tells_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match="not text in UTF-8"):
        read_card(tmp_path / "a.toml")


def test_unit_says_that_the_outputs_are_values() -> None:
    table = {"network": "r3d_18", "unit": "bpm"}
    assert parse_card(table, Path("a.toml")).head == "none"
    with pytest.raises(ModelError, match="classes have none"):
        parse_card(table | {"activation": "softmax"}, Path("a.toml"))


def test_another_card_of_the_name_is_not_replaced() -> None:
    text = 'name = "a"\nnetwork = "r3d_18"\n'
    save_card(text)
    save_card(text)
    with pytest.raises(ModelError, match="another card called a"):
        save_card(text + "stride = 2\n")
