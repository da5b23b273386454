"""Inputs that a card declares: what they are when nothing is said, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.errors import ModelError
from engine.models.cards.reading import parse_card
from engine.network_inputs import NetworkInput

TABLE: dict[str, Any] = {
    "network": "net.py:build",
    "labels": "l.txt",
    "frames": 8,
    "fps": 15,
    "resize": 16,
    "crop": 16,
    "range": [0, 255],
    "mean": [1, 2, 3],
    "std": [4, 5, 6],
}


def inputs_of(*tables: dict[str, Any], **keys: Any) -> tuple[NetworkInput, ...]:
    card = parse_card({**TABLE, **keys, "inputs": list(tables)}, Path("a.toml"))
    return card.spec(None, ("a",)).inputs


def test_inputs_take_what_they_do_not_say_from_the_card() -> None:
    rgb, bgr, grey, flow = inputs_of(
        *({"name": kind, "kind": kind} for kind in ("rgb", "bgr", "grey", "flow"))
    )
    assert (rgb.mean, rgb.std, rgb.value_range) == ((1, 2, 3), (4, 5, 6), (0, 255))
    assert (bgr.mean, bgr.std) == ((3, 2, 1), (6, 5, 4))
    assert (grey.mean, grey.std, grey.value_range) == ((0,), (1,), (0, 255))
    assert (flow.mean, flow.std, flow.value_range) == ((0, 0), (1, 1), (-1, 1))
    assert (flow.bound, flow.flow, flow.last, flow.stride, flow.frames) == (
        *(20, "dis", "repeat"),
        *(1, None),
    )


def test_inputs_take_numbers_a_channel_or_one_for_all() -> None:
    flow, grey = inputs_of(
        {"name": "f", "kind": "flow", "mean": 0.5, "std": [0.2, 0.3], "stride": 2},
        {"name": "g", "kind": "grey", "mean": [0.4], "layout": "NTCHW"},
    )
    assert (flow.mean, flow.std, flow.stride) == ((0.5, 0.5), (0.2, 0.3), 2)
    assert (grey.mean, grey.layout) == ((0.4,), "NTCHW")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "flo"}, r"inputs.'kind' .* is 'flo', but one of rgb, bgr, grey, flow"),
        ({"stride": 0}, r"inputs.'stride' .* is 0, but a whole number from 1 to 100000"),
        ({"strid": 2}, "a key inputs.'strid', which does not exist"),
        ({"mean": [1, 2, 3]}, "'f' .* has 3 numbers as its mean, but flow has 2 channels"),
        ({"range": [1, 0]}, "'f' .* has the range .* does not rise"),
        ({"stride": 2, "frames": 4}, "'f' .* both stride and frames"),
        ({"frames": 9}, "'f' .* has 9 frames, but a clip has 8"),
        ({"kind": "grey", "last": "drop"}, "'f' .* drops the last step, but grey"),
        ({"name": " "}, "inputs.'name'"),
    ],
)
def test_unfit_inputs_are_refused_by_their_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        inputs_of({"name": "f", "kind": "flow", **changes})
    assert caught.value.hint


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"network": "r3d_18"}, r"declares \[\[inputs\]\], but r3d_18 takes one clip"),
        ({"network": "net.pt2"}, "but net.pt2 takes one clip"),
        ({"channels": "grey"}, "both .* and a layout or channels for one input"),
        ({"crop": 6}, "crop of 6 pixels is too small"),
        ({"frames": 1}, "lies between frames, but a clip has one"),
    ],
)
def test_cards_that_inputs_do_not_go_with_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        inputs_of({"name": "f", "kind": "flow"}, **keys)


def test_inputs_are_tables_with_names_of_their_own() -> None:
    one = {"name": "a", "kind": "rgb"}
    with pytest.raises(ModelError, match=r"two .* called 'a'"):
        inputs_of(one, one)
    with pytest.raises(ModelError, match="has no kind"):
        inputs_of({"name": "a"})
    with pytest.raises(ModelError, match=r"'inputs' .* but tables are needed"):
        parse_card({**TABLE, "inputs": "rgb"}, Path("a.toml"))
    with pytest.raises(ModelError, match=r'pass_as = "dict", but declares no'):
        parse_card({**TABLE, "pass_as": "dict"}, Path("a.toml"))
