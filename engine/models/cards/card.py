"""A model card: a TOML file that says where a network comes from and what it expects. No torch."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.models.cards.address import fault_of
from engine.models.cards.card_files import file_beside, hint_of_toml, network_beside
from engine.models.cards.card_inputs import network_inputs
from engine.models.cards.card_schema import (
    CARD_KEYS,
    EXPECTED_KEYS,
    INPUT_KEYS,
    CardKeys,
    Expected,
    Head,
    InputKeys,
    Key,
)
from engine.models.catalogue import MODELS
from engine.types import ModelSpec
from engine.utils.bounded_files import decoded, read_bounded
from engine.utils.hints import did_you_mean
from engine.utils.schema import SchemaError, convert, fields_of

_MOST_BYTES = 2**20

CARD_SUFFIX = ".toml"
HUB_PREFIX = "hf:"
"""Before a folder or hub name of a classifier of the transformers library."""

NETWORK_SUFFIXES = (".pt2", ".pt", ".pth", ".ts", ".torchscript")
"""Of files that hold a network with its code."""

_NEEDED = ("labels", "frames", "resize", "crop")
"""What nobody but the user knows of a network of their own."""

_NAMING = ("network", "endpoint", "frame_network")
"""Keys of which a card has one."""

_OPEN = ModelSpec("", (), 1, 1.0, None, 1, (1, 1), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
"""A network of the user's own before the card speaks: no mean, no standard deviation."""

_PICTURES = replace(_OPEN, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), antialias=True)
"""A network of pictures: the values of torchvision's weights for ImageNet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard(CardKeys):
    """A card that was read. `CARD_KEYS` has the meanings of its keys.

    Attributes
    ----------
    path : Path or None
        The card; the other paths in it were relative to its folder. None for a model that was
        asked for by its name.
    """

    path: Path | None = None

    @property
    def is_known(self) -> bool:
        """True for the network of a known model, with an input of its own."""
        return self.frame_network is None and self.network in MODELS

    @property
    def is_function(self) -> bool:
        """True for a function of Python: `file.py:build`."""
        return ":" in self.network[2:]  # the first can be a drive of Windows

    @property
    def needs_code(self) -> bool:
        """True for a network that comes with its author's code."""
        if self.endpoint is not None:
            return False
        own = self.is_function or _is_network_file(self.network)
        return self.path is not None and not (self.is_known or self.is_of_hub) and own

    @property
    def is_of_hub(self) -> bool:
        """True for a network of the transformers library."""
        return self.network.startswith(HUB_PREFIX)

    @property
    def folder(self) -> Path:
        """Folder of the card, from which the files that it names are found."""
        return Path() if self.path is None else self.path.parent

    @property
    def head(self) -> Head:
        """What makes probabilities of the outputs; a unit says that they are values."""
        return self.activation or (None if self.unit is None else "none")

    def spec(self, base: ModelSpec | None, labels: tuple[str, ...]) -> ModelSpec:
        """Return the input of the network: of the card, else of ``base``, the known model.

        Raises
        ------
        ModelError
            If that leaves something open.
        """
        said: dict[str, Any] = {
            "frames": self.frames,
            "resize": self.resize,
            "crop": self.crop,
            "layer": self.layer,
            "activation": self.head,
            "unit": self.unit,
            "sampling": self.sampling,
            "step": self.step,
            "output_layout": self.output_layout,
            "value_range": self.range,
            "mean": self._rgb(self.mean),
            "std": self._rgb(self.std),
            "grey": self.channels == "grey",
        }
        given = {name: value for name, value in said.items() if value is not None}
        if self.fps is not None or self.stride is not None:
            given |= {"fps": self.fps, "stride": self.stride}
        if base is None:
            self._check_complete()
            base = _OPEN if self.frame_network is None else _PICTURES
        spec = replace(base, name=self.name, labels=labels, **given)
        self._check_grey(spec)
        inputs = network_inputs(self.inputs, spec, self.path)
        return replace(spec, inputs=inputs, pass_as=self.pass_as)

    def _check_complete(self) -> None:
        needed = _NEEDED if self.frame_network is None else _NEEDED[1:]  # classes by the weights
        missing = [name for name in needed if getattr(self, name) is None]
        if self.fps is None and self.stride is None:
            missing.append("fps")
        if missing:
            raise ModelError(
                f"The card {self.path} does not say {', '.join(missing)} of {self.network}.",
                f"Add, for example: {'; '.join(CARD_KEYS[name].example for name in missing)}.",
            )

    def _check_grey(self, spec: ModelSpec) -> None:
        """Refuse means or deviations of three colours for one channel."""
        for name in ("mean", "std"):
            values = getattr(spec, name)
            if spec.grey and len(set(values)) > 1:
                raise ModelError(
                    f'The card {self.path} says channels = "grey", but the {name} of '
                    f"{self.network} is that of three colours: {list(values)}.",
                    f"Write the one {name} that grey frames had in training: {name} = 0.45.",
                )

    def _rgb(self, values: Any) -> Any:
        """Return the values of the channels in the order of red, green, blue."""
        return values[::-1] if values is not None and self.channels == "bgr" else values


def is_card(name: str | Path) -> bool:
    """Return whether a model is named by its card rather than by a name."""
    return str(name).lower().endswith(CARD_SUFFIX)


def read_card(path: Path) -> ModelCard:
    """Read a card.

    Raises
    ------
    ModelError
        If it is missing or not TOML, has a key that does not exist or a value of another kind,
        or contradicts itself; the sentence names the key.
    """
    return parse_card(_table_in(path), path)


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
    card = replace(
        card,
        path=path,
        inputs=inputs,
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
    card = replace(card, network=called)
    _check_together(card)
    return card


def _inputs_in(tables: Any, path: Path) -> tuple[InputKeys, ...]:
    """Return the inputs that a card declares, each of a table [[inputs]]."""
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise ModelError(
            f"The key 'inputs' of the card {path} is {tables!r}, but tables are needed.",
            f"Write a line [[inputs]] for each, and below it {INPUT_KEYS['name'].example} and "
            f"{INPUT_KEYS['kind'].example}.",
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
        text = decoded(read_bounded(path, _MOST_BYTES))
    except OSError as error:
        raise ModelError(
            f"The model card {path} cannot be read ({error.strerror or error}).", "Check its path."
        ) from error
    except UnicodeDecodeError as error:
        raise ModelError(
            f"The model card {path} is not text in UTF-8.", "Save it as UTF-8."
        ) from error
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise ModelError(
            f"The model card {path} is not TOML: {reason}.", hint_of_toml(text, str(error))
        ) from error


def _check_keys(table: Mapping[str, Any], kind: type, path: Path, where: str = "") -> None:
    known = fields_of(kind)
    for name in table:
        if name not in known:
            above = where == "inputs." and name in fields_of(CardKeys)
            raise ModelError(
                f"The card {path} has a key {where}{name!r}, which does not exist.",
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
        f"For example: {_example(name, INPUT_KEYS if tables == ['inputs'] else None)}",
    )


def _example(name: str, keys: Mapping[str, Key] | None = None) -> str:
    return (keys or CARD_KEYS | EXPECTED_KEYS)[name].example


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
        and not _is_network_file(card.network)
    ):
        raise ModelError(
            f"The card {card.path} names the network {card.network!r}, which is no known model.",
            f"{did_you_mean(card.network, MODELS)} A network of your own is 'file.py:function', a "
            ".pt2 or a TorchScript .pt.",
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
            f"The endpoint {card.network!r} of the card {card.path} cannot be used: {fault}.",
            f"For example: {_example('endpoint')}",
        )
    for name in ("checkpoint", "layer"):
        if getattr(card, name) is not None:
            raise ModelError(
                f"The card {card.path} gives a {name}, but the network is behind an endpoint.",
                f"Leave {name} out.",
            )


def _is_network_file(network: str) -> bool:
    return network.lower().endswith(NETWORK_SUFFIXES)
