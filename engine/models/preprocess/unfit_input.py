"""Networks that take other inputs than they are given: the reason, and the keys to write."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from engine.errors import ModelError
from engine.models.preprocess.input_planes import Keywords
from engine.types import ModelSpec
from engine.utils.foreign_code import exits_as_errors

_CHANNELS = re.compile(
    r"expected input\[([\d, ]+)\] to have (\d+) channels, but got (\d+) channels"
)
_NORM = re.compile(r"running_mean should contain (\d+) elements not (\d+)")
_MOST = 4
"""Inputs in a list that are tried."""


def check_signature(module: nn.Module, spec: ModelSpec, given: tuple[Any, ...]) -> None:
    """Refuse arguments that a network's forward does not have.

    Parameters
    ----------
    module : nn.Module
    spec : ModelSpec
        Whose inputs the arguments are.
    given : tuple
        The arguments, as `VideoModel.arguments` gives them.

    Raises
    ------
    ModelError
        Which names the arguments that the forward takes, and the keys to write.
    """
    try:
        signature = inspect.signature(module.forward)
    except (TypeError, ValueError):  # of a compiled one
        return
    named = given[0] if isinstance(given[0], Keywords) else {}
    try:
        signature.bind(*(() if named else given), **named)
    except TypeError as error:
        taken = [
            name
            for name, part in signature.parameters.items()
            if part.default is part.empty
            and part.kind not in (part.VAR_POSITIONAL, part.VAR_KEYWORD)
        ]
        raise _other_inputs(spec, taken, _given_text(spec)) from error


def unfit_input(
    module: nn.Module, spec: ModelSpec, given: tuple[Any, ...], error: Exception
) -> ModelError | None:
    """Return why a network failed, where its input is another than it is given.

    Parameters
    ----------
    module : nn.Module
    spec : ModelSpec
    given : tuple
        Its arguments.
    error : Exception
        What it raised.
    """
    if isinstance(error, TypeError):
        try:
            check_signature(module, spec, given)
        except ModelError as reason:
            return reason
    if isinstance(error, RuntimeError):  # of a layer
        return _other_channels(spec, given, str(error))
    if len(given) == 1 and isinstance(given[0], Tensor):
        return _other_container(module, spec, given[0].detach())
    return None


def _other_inputs(spec: ModelSpec, taken: Sequence[str], given: str) -> ModelError:
    count = f"{len(taken)} input{'s' * (len(taken) != 1)}"
    together = len(taken) == 1 and len(spec.inputs) > 1
    how = (
        f'If {taken[0]} holds all of them, write pass_as = "list" or pass_as = "dict" in the card.'
        if together
        else _tables(taken)
    )
    return ModelError(
        f"The network of {spec.name} takes {count} ({', '.join(taken)}), but {given}.",
        f'{how} See "Several inputs" in docs/model-card.md.',
    )


def _tables(names: Sequence[str], pass_as: str = "") -> str:
    """Return what to write in a card for inputs of these names."""
    tables = ", and ".join(
        f'[[inputs]] with name = "{name}" and kind = "{"flow" if "flow" in name else "rgb"}"'
        for name in names
    )
    said = f'pass_as = "{pass_as}" in the card, and ' if pass_as else ""
    return f"Write {said}below all other keys of the card {tables}."


def _given_text(spec: ModelSpec) -> str:
    if not spec.inputs:
        return "the card declares none, so that it is given one clip"
    names = ", ".join(one.name for one in spec.inputs)
    return f"the card declares {len(spec.inputs)} ({names}), passed as {spec.pass_as}"


def _other_channels(spec: ModelSpec, given: tuple[Any, ...], text: str) -> ModelError | None:
    """Return the reason where a first layer wants another number of channels."""
    refused = _refused(text)
    if refused is None:
        return None
    shape, has, wants = refused
    made = 1 if spec.grey else 3
    names = []
    for name, part in _named(spec, given):
        sides = list(part.shape)
        channels = sides[2 if _frames_first(spec, name) else 1]
        at_input = not shape or shape == sides or shape[-2:] == sides[-2:]
        ours = bool(name) or has == made
        if ours and has == channels and at_input and wants not in sides[1:3]:
            names.append(name)
    return _channels_error(spec, names, has, wants) if names else None


def _refused(text: str) -> tuple[list[int], int, int] | None:
    """Return the shape, if told, and the channels that a layer was given and wanted."""
    if found := _CHANNELS.search(text):
        return [int(side) for side in found[1].split(",")], int(found[3]), int(found[2])
    if found := _NORM.search(text):
        return [], int(found[1]), int(found[2])
    return None


def _named(spec: ModelSpec, given: tuple[Any, ...]) -> list[tuple[str, Tensor]]:
    first = given[0]
    if isinstance(first, dict):
        return list(first.items())
    parts = first if isinstance(first, list) else list(given)
    names = [one.name for one in spec.inputs] or [""] * len(parts)
    return [pair for pair in zip(names, parts, strict=False) if isinstance(pair[1], Tensor)]


def _frames_first(spec: ModelSpec, name: str) -> bool:
    return any(one.name == name and one.layout == "NTCHW" for one in spec.inputs)


def _channels_error(spec: ModelSpec, names: list[str], has: int, wants: int) -> ModelError:
    named = " or ".join(map(repr, filter(None, names)))
    said = (
        f"of its input {named}, but the card makes it of {has}"
        if named
        else (f"in a frame, but is given {has}")
    )
    plural = f"{wants} channel{'s' * (wants != 1)}"
    return ModelError(
        f"The network of {spec.name} takes {plural} {said}.", _channels_hint(spec, named, wants)
    )


def _channels_hint(spec: ModelSpec, named: str, wants: int) -> str:
    kind = {1: "grey", 2: "flow", 3: "rgb"}.get(wants)
    if kind is None:
        return (
            'Frames stacked as channels are layout = "NCHW" in a table [[inputs]]: twice as many '
            "channels as frames for a flow, three times as many for colours. Channels that are "
            "neither (depth, masks) are made of the clip by a module of yours around the network."
        )
    if named:
        return f'Write kind = "{kind}" in its table [[inputs]].'
    if spec.grey:
        return 'Leave channels = "grey" out of the card.'
    if wants == 1:
        return 'Write channels = "grey" in the card, with the one mean and std of grey frames.'
    return _tables([kind])


class _Asked(dict[str, Tensor]):
    """A dict that holds a clip under every name, and remembers the names."""

    def __init__(self, clip: Tensor) -> None:
        super().__init__()
        self._clip = clip

    def __missing__(self, name: str) -> Tensor:
        self[name] = self._clip
        return self._clip

    def get(self, name: str, _other: Any = None) -> Any:
        """Return the clip for any name, as a network that asks for it would find it."""
        return self[name]


def _other_container(module: nn.Module, spec: ModelSpec, clip: Tensor) -> ModelError | None:
    """Return the reason where a network takes a dict or a list, found by giving it one."""
    asked = _Asked(clip)
    _accepts(module, asked)
    names = [name for name in asked if isinstance(name, str)]
    if names:
        return ModelError(
            f"The network of {spec.name} takes a dict ({', '.join(names)}), but is given a clip.",
            _tables(names, "dict"),
        )
    for count in range(2, _MOST + 1):
        if _accepts(module, [clip] * count):
            names = ["slow", "fast"] if count == 2 else [f"input{i + 1}" for i in range(count)]
            return ModelError(
                f"The network of {spec.name} takes a list of {count} inputs, but is given a clip.",
                _tables(names, "list"),
            )
    return None


def _accepts(module: nn.Module, value: Any) -> bool:
    """Tell whether a network gets as far as its layers with a value."""
    try:
        with torch.no_grad(), exits_as_errors():
            module(value)
    except RuntimeError:  # of a layer: sizes, channels
        return True
    except Exception:  # noqa: BLE001 - whatever it does with what it does not take
        return False
    return True
