"""Reading a card: its TOML, the values of its keys, and keys that contradict each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.models.cards.address import fault_of, without_login
from engine.models.cards.card import HUB_PREFIX, ModelCard, is_network_file
from engine.models.cards.card_files import file_beside, hint_of_toml, network_beside
from engine.models.cards.card_schema import (
    CARD_KEYS,
    EXPECTED_KEYS,
    INPUT_KEYS,
    CardKeys,
    Expected,
    InputKeys,
)
from engine.models.catalogue import MODELS
from engine.utils.bounded_files import decoded, read_bounded
from engine.utils.hints import did_you_mean
from engine.utils.schema import SchemaError, convert, fields_of, parse_toml, shortened

MOST_BYTES = 2**20
_MOST_INPUTS = 32
_HUB_PART = re.compile(r"[^\\/:*?\"<>|]{1,255}")
_NAMING = ("network", "endpoint", "frame_network")
"""Keys of which a card has one."""


def read_card(path: Path) -> ModelCard:
    """Read a card.

    Raises
    ------
    ModelError
        If it is missing or not TOML, has a key that does not exist or a value of another kind,
        or contradicts itself; the sentence names the key.
    """
    return parse_card(_table_in(path), path)


def parse_card_text(text: str, path: Path) -> ModelCard:
    """Return a card from its TOML, with the errors of `read_card`."""
    return parse_card(_toml_of(text, path), path)


def parse_card(table: Mapping[str, Any], path: Path) -> ModelCard:
    """Return a card from the values of its TOML, with the errors of `read_card`."""
    _check_keys(table, CardKeys, path)
    named = [name for name in _NAMING if name in table]
    if len(named) != 1:
        raise ModelError(
            f"The card {path} names {' and '.join(named) or 'no network'}.",
            f"Write one line, such as {_example('network')}.",
        )
    if isinstance(table.get("expected"), dict):
        _check_keys(table["expected"], Expected, path, "expected.")
    values = _of_grey(_stripped({"name": path.stem, **table}))
    try:
        inputs = _inputs_in(values.pop("inputs", []), path)
        card = convert(values, ModelCard)
    except SchemaError as error:
        raise _unfit(error, path) from error
    card = _completed(replace(card, inputs=inputs), path)
    _check_together(card)
    return card


def _completed(card: ModelCard, path: Path) -> ModelCard:
    """Return a card with its files found from its own place, and one number a channel."""
    card = replace(
        card,
        path=path,
        crop=_repeated(card.crop, 2),
        mean=_repeated(card.mean, 3),
        std=_repeated(card.std, 3),
        network=network_beside(path, card.network),
        checkpoint=card.checkpoint and file_beside(path, card.checkpoint, "checkpoint"),
        labels=card.labels and file_beside(path, card.labels, "labels"),
        expected=card.expected
        and replace(card.expected, clip=file_beside(path, card.expected.clip, "clip")),
    )
    called = card.endpoint or card.frame_network or card.network  # in messages and lists
    return replace(card, network=called)


def _inputs_in(tables: Any, path: Path) -> tuple[InputKeys, ...]:
    """Return the inputs that a card declares, each of a table [[inputs]]."""
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise ModelError(
            f"The key 'inputs' of the card {path} is {shortened(repr(tables))}, but tables are "
            "needed.",
            f"Write a line [[inputs]] for each, and below it {INPUT_KEYS['name'].example} and "
            f"{INPUT_KEYS['kind'].example}.",
        )
    if len(tables) > _MOST_INPUTS:
        raise ModelError(
            f"The card {path} declares {len(tables)} [[inputs]], more than {_MOST_INPUTS}.",
            "Keep those that the network takes.",
        )
    for one in tables:
        _check_keys(one, InputKeys, path, "inputs.")
        for name in ("name", "kind"):
            if name not in one:
                raise ModelError(
                    f"A table [[inputs]] of the card {path} has no {name}.",
                    f"For example: {INPUT_KEYS[name].example}",
                )
    return tuple(convert(one, InputKeys, "inputs") for one in tables)


def _table_in(path: Path) -> dict[str, Any]:
    try:
        text = decoded(read_bounded(path, MOST_BYTES))
    except OSError as error:
        raise ModelError(
            f"The model card {path} cannot be read ({error.strerror or error}).", "Check its path."
        ) from error
    except UnicodeDecodeError as error:
        raise ModelError(
            f"The model card {path} is not text in UTF-8.", "Save it as UTF-8."
        ) from error
    return _toml_of(text, path)


def _toml_of(text: str, path: Path) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except SchemaError as error:
        raise ModelError(
            f"The model card {path} cannot be used: {error}.", hint_of_toml(text, str(error))
        ) from error


def _check_keys(table: Mapping[str, Any], kind: type, path: Path, where: str = "") -> None:
    known = fields_of(kind)
    for name in table:
        if name not in known:
            above = where == "inputs." and name in fields_of(CardKeys)
            raise ModelError(
                f"The card {path} has a key {where}{shortened(repr(name))}, which does not exist.",
                f"Write {name} above the first [[inputs]]." if above else did_you_mean(name, known),
            )
    if kind is Expected and not ("clip" in table and table.keys() & {"top", "scores"}):
        raise ModelError(
            f"The table [expected] of the card {path} needs a clip, and top or scores.",
            f"For example: {_example('clip')} and {_example('top')}.",
        )


def _stripped(value: Any) -> Any:
    """Return values of TOML without spaces around the texts."""
    if isinstance(value, dict):
        return {name: _stripped(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_stripped(part) for part in value]
    return value.strip() if isinstance(value, str) else value


def _of_grey(table: dict[str, Any]) -> dict[str, Any]:
    """Return values of TOML with the mean and std of one channel as numbers, also in a list."""
    if table.get("channels") != "grey":
        return table
    listed = {name: table.get(name) for name in ("mean", "std")}
    ones = {name: one[0] for name, one in listed.items() if isinstance(one, list) and len(one) == 1}
    return table | ones


def _repeated(value: Any, count: int) -> Any:
    """Return a number ``count`` times, lists and None unchanged."""
    return (value,) * count if isinstance(value, int | float) else value


def _unfit(error: SchemaError, path: Path) -> ModelError:
    *tables, name = error.key.split(".")
    if name == "expected":
        return ModelError(
            f"The key 'expected' of the card {path} is {error.shown}, but a table is needed.",
            f"Write a line [expected], and below it {_example('clip')}.",
        )
    return ModelError(
        f"The key {'.'.join([*tables, repr(name)])} of the card {path} is {error.shown}, but "
        f"{error.needed} is needed.",
        _example_of(name, tables),
    )


def _example_of(name: str, tables: list[str]) -> str:
    """Return the hint for a key, or for the table that a name of the user's stands in."""
    keys = INPUT_KEYS if tables == ["inputs"] else CARD_KEYS | EXPECTED_KEYS
    known = [part for part in (name, *reversed(tables)) if part in keys]
    return f"For example: {keys[known[0]].example}" if known else "See docs/model-card.md."


def _example(name: str) -> str:
    return (CARD_KEYS | EXPECTED_KEYS)[name].example


def _check_together(card: ModelCard) -> None:
    if card.range is not None and card.range[0] >= card.range[1]:
        needed = CARD_KEYS["range"].needed
        raise _unfit(SchemaError("", "range", repr(list(card.range)), needed), card.path or Path())
    if card.fps is not None and card.stride is not None:
        raise ModelError(
            f"The card {card.path} has both fps and stride, but frames are taken by one of them.",
            "Keep fps where the network was trained at a rate, stride where it was not.",
        )
    if card.stride is not None and card.sampling is not None:
        raise ModelError(
            f"The card {card.path} has both stride and sampling, but only fps has ticks to sample.",
            "Leave one of them out.",
        )
    if card.unit is not None and card.head != "none":
        raise ModelError(
            f"The card {card.path} gives the unit {card.unit!r}, but classes have none.",
            'Say activation = "none" where the outputs are values, or leave unit out.',
        )
    _check_inputs(card)
    if card.endpoint is not None:
        _check_endpoint(card)
    if card.frame_network is not None:
        _check_frame_network(card)
    elif card.temporal or card.readout:
        raise ModelError(
            f"The card {card.path} says temporal or readout without a frame_network.",
            f"They belong to a card with a line such as {_example('frame_network')}.",
        )
    if card.endpoint is None and card.frame_network is None:
        _check_network(card)


def _check_network(card: ModelCard) -> None:
    if card.is_of_hub:
        _check_hub_name(card)
    kept = ("rgb", "grey") if card.is_known else ("rgb",)
    if (card.is_known or card.is_of_hub) and (card.layout != "NCTHW" or card.channels not in kept):
        raise ModelError(
            f"The card {card.path} changes the layout or the channels of the known network "
            f"{card.network}.",
            "Leave layout and channels out: they belong to networks of your own; a known video "
            'network trained on one channel has channels = "grey".',
        )
    if (
        not card.is_known
        and not card.is_of_hub
        and not card.is_function
        and not is_network_file(card.network)
    ):
        raise ModelError(
            f"The card {card.path} names the network {card.network!r}, which is no known model.",
            f"{did_you_mean(card.network, MODELS)} A network of your own is 'file.py:function', a "
            ".pt2 or a TorchScript .pt.",
        )


def _check_hub_name(card: ModelCard) -> None:
    """Refuse paths that lead away from the card, which may come from anybody."""
    name = card.network.removeprefix(HUB_PREFIX)
    if not all(_HUB_PART.fullmatch(part) and part.strip(".") for part in name.split("/")):
        raise ModelError(
            f"The card {card.path} names the network {shortened(card.network)!r}, which is no "
            "folder beside the card and no name on the hub.",
            f"Write {HUB_PREFIX} and the name of a folder beside the card, or OWNER/MODEL; a "
            f"folder elsewhere is given without a card: --model {HUB_PREFIX}FOLDER.",
        )


def _check_frame_network(card: ModelCard) -> None:
    if card.layout != "NCTHW":
        raise ModelError(
            f"The card {card.path} changes the layout of a frame_network, which is given frames.",
            "Leave layout out.",
        )


def _check_inputs(card: ModelCard) -> None:
    """Refuse declared inputs for networks whose input is known, and keys that belong to each."""
    if not card.inputs and card.pass_as != "positions":
        raise ModelError(
            f'The card {card.path} says pass_as = "{card.pass_as}", but declares no [[inputs]].',
            f"Write a line [[inputs]] below all other keys, and below it "
            f"{INPUT_KEYS['name'].example} and {INPUT_KEYS['kind'].example}.",
        )
    if not card.inputs:
        return
    if not card.needs_code or card.network.lower().endswith(".pt2"):
        raise ModelError(
            f"The card {card.path} declares [[inputs]], but {card.network} takes one clip.",
            "Leave them out: they belong to networks of your own, in Python or TorchScript.",
        )
    if card.layout != "NCTHW" or card.channels != "rgb":
        raise ModelError(
            f"The card {card.path} has both [[inputs]] and a layout or channels for one input.",
            "Write layout and kind in each table [[inputs]] instead.",
        )


def _check_endpoint(card: ModelCard) -> None:
    fault = fault_of(card.network)
    if fault:
        raise ModelError(
            f"The endpoint {without_login(card.network)!r} of the card {card.path} cannot be used: "
            f"{fault}.",
            f"For example: {_example('endpoint')}",
        )
    for name in ("checkpoint", "layer"):
        if getattr(card, name) is not None:
            raise ModelError(
                f"The card {card.path} gives a {name}, but the network is behind an endpoint.",
                f"Leave {name} out.",
            )
