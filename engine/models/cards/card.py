"""A model card: a TOML file that says where a network comes from and what it expects. No torch."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from engine.errors import ModelError
from engine.models.cards.card_keys import CARD_KEYS, EXPECTED_KEYS, Key
from engine.models.catalogue import MODELS
from engine.types import ModelSpec
from engine.utils.hints import did_you_mean

CARD_SUFFIX = ".toml"
HUB_PREFIX = "hf:"
"""Before a folder or hub name of a classifier of the transformers library."""

NETWORK_SUFFIXES = (".pt2", ".pt", ".pth", ".ts", ".torchscript")
"""Of files that hold a network with its code."""

_NEEDED = ("labels", "frames", "resize", "crop")
"""What nobody but the user knows of a network of their own."""

_OPEN = ModelSpec("", (), 1, 1.0, None, 1, (1, 1), (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
"""A network of the user's own before the card speaks: no mean, no standard deviation."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a network is known to make of a video: `EXPECTED_KEYS` has the meanings."""

    clip: Path
    start: int = 0
    top: str | None = None
    scores: tuple[tuple[str, float], ...] = ()
    tolerance: float = 0.05


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a card says; None where it is silent. `CARD_KEYS` has the meanings.

    Attributes
    ----------
    path : Path or None
        The card; the other paths in it were relative to its folder. None for a model that was
        asked for by its name.
    """

    path: Path | None
    name: str
    network: str
    checkpoint: Path | None = None
    prefix: str = ""
    labels: Path | None = None
    frames: int | None = None
    fps: float | None = None
    stride: int | None = None
    resize: tuple[int, int] | int | None = None
    crop: tuple[int, int] | None = None
    layout: Literal["NCTHW", "NTCHW"] = "NCTHW"
    channels: Literal["rgb", "bgr"] = "rgb"
    range: tuple[float, float] | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    layer: str | None = None
    expected: Expected | None = None

    @property
    def is_known(self) -> bool:
        """Whether the network is a known model's, with an input of its own."""
        return self.network in MODELS

    @property
    def needs_code(self) -> bool:
        """Whether the network comes with its author's code."""
        own = ":" in self.network or _is_network_file(self.network)
        return self.path is not None and not (self.is_known or self.is_of_hub) and own

    @property
    def is_of_hub(self) -> bool:
        """Whether the network is one of the transformers library."""
        return self.network.startswith(HUB_PREFIX)

    @property
    def folder(self) -> Path:
        """Where the card lies; what it names is found from there."""
        return Path() if self.path is None else self.path.parent

    def spec(self, base: ModelSpec | None, labels: tuple[str, ...]) -> ModelSpec:
        """What the network expects: as the card says, else as ``base``, the known model, does.

        Raises
        ------
        ModelError
            If that leaves something open.
        """
        said = {name: getattr(self, name) for name in ("frames", "resize", "crop", "layer")}
        said |= {
            "value_range": self.range,
            "mean": self._rgb(self.mean),
            "std": self._rgb(self.std),
        }
        given = {name: value for name, value in said.items() if value is not None}
        if self.fps is not None or self.stride is not None:
            given |= {"fps": self.fps, "stride": self.stride}
        if base is None:
            self._check_complete()
            base = _OPEN
        return replace(base, name=self.name, labels=labels, **given)

    def _check_complete(self) -> None:
        missing = [name for name in _NEEDED if getattr(self, name) is None]
        if self.fps is None and self.stride is None:
            missing.append("fps")
        if missing:
            raise ModelError(
                f"The card {self.path} does not say {', '.join(missing)} of {self.network}.",
                f"Add, for example: {'; '.join(CARD_KEYS[name].example for name in missing)}.",
            )

    def _rgb(self, values: tuple[float, float, float] | None) -> Any:
        """Values a channel in the order of red, green, blue."""
        return values if values is None or self.channels == "rgb" else values[::-1]


def is_card(name: str | Path) -> bool:
    """Whether a model is asked for by its card rather than by a name."""
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
    """A card from what TOML gave; errors are those of `read_card`."""
    table = dict(table)
    expected = table.pop("expected", None)
    values = _checked(table, CARD_KEYS, path, "")
    if "network" not in values:
        raise ModelError(
            f"The card {path} names no network.", f"Add a line, such as {_example('network')}."
        )
    values = {"name": path.stem, **values, "expected": _expected(expected, path)}
    for name in ("checkpoint", "labels"):
        if name in values:
            values[name] = path.parent / values[name]
    card = ModelCard(path=path, **values)
    _check_together(card)
    return card


def _table_in(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ModelError(
            f"The model card {path} cannot be read ({error.strerror or error}).",
            "Check its path.",
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ModelError(
            f"The model card {path} is not TOML: {error}.",
            'Write one key a line, texts in quotes: name = "mine".',
        ) from error
    except UnicodeDecodeError as error:
        raise ModelError(
            f"The model card {path} is not text in UTF-8.", "Save it as UTF-8."
        ) from error


def _checked(
    table: Mapping[str, Any], keys: Mapping[str, Key], path: Path, where: str
) -> dict[str, Any]:
    values = {}
    for name, value in table.items():
        if name not in keys:
            known = [*keys] if where else [*keys, "expected"]
            raise ModelError(
                f"The card {path} has a key {where}{name!r}, which does not exist.",
                did_you_mean(name, known),
            )
        values[name] = keys[name].kind.read(value)
        if values[name] is None:
            raise ModelError(
                f"The key {where}{name!r} of the card {path} is {_shown(value)}, but "
                f"{keys[name].kind.wanted} is needed.",
                f"For example: {keys[name].example}",
            )
    return values


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _expected(table: Any, path: Path) -> Expected | None:
    if table is None:
        return None
    if not isinstance(table, dict):
        raise ModelError(
            f"The key 'expected' of the card {path} is {_shown(table)}, but a table is needed.",
            f"Write a line [expected], and below it {_example('clip')}.",
        )
    values = _checked(table, EXPECTED_KEYS, path, "expected.")
    if "clip" not in values or not ("top" in values or "scores" in values):
        raise ModelError(
            f"The table [expected] of the card {path} needs a clip, and top or scores.",
            f"For example: {_example('clip')} and {_example('top')}.",
        )
    return Expected(**{**values, "clip": path.parent / values["clip"]})


def _example(name: str) -> str:
    return (CARD_KEYS | EXPECTED_KEYS)[name].example


def _check_together(card: ModelCard) -> None:
    if card.fps is not None and card.stride is not None:
        raise ModelError(
            f"The card {card.path} has both fps and stride, but frames are taken by one of them.",
            "Keep fps where the network was trained at a rate, stride where it was not.",
        )
    if (card.is_known or card.is_of_hub) and (card.layout != "NCTHW" or card.channels != "rgb"):
        raise ModelError(
            f"The card {card.path} changes the layout or the channels of the known network "
            f"{card.network}.",
            "Leave layout and channels out: they belong to networks of your own.",
        )
    if not card.is_known and ":" not in card.network and not _is_network_file(card.network):
        raise ModelError(
            f"The card {card.path} names the network {card.network!r}, which is no known model.",
            f"{did_you_mean(card.network, MODELS)} A network of your own is 'file.py:function', a "
            ".pt2 or a TorchScript .pt.",
        )


def _is_network_file(network: str) -> bool:
    return network.lower().endswith(NETWORK_SUFFIXES)
