"""Inputs that a card declares for a network that takes several. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ModelError
from engine.models.cards.card_schema import INPUT_KEYS, InputKeys
from engine.network_inputs import CHANNELS, NetworkInput

if TYPE_CHECKING:
    from engine.types import ModelSpec

_LEAST_SIDE_PX = 8  # of a flow


def network_inputs(
    declared: Sequence[InputKeys], spec: ModelSpec, path: Path | None
) -> tuple[NetworkInput, ...]:
    """Return the inputs of a network from their tables, what they leave out from the card.

    Raises
    ------
    ModelError
        If they do not fit each other, or the card.
    """
    names = [one.name for one in declared]
    for name in names:
        if names.count(name) > 1:
            raise ModelError(
                f"The card {path} has two [[inputs]] called {name!r}.", "Give each its own name."
            )
    return tuple(_network_input(one, spec, path) for one in declared)


def _network_input(keys: InputKeys, spec: ModelSpec, path: Path | None) -> NetworkInput:
    _check(keys, spec, path)
    ordinary = (-1.0, 1.0) if keys.kind == "flow" else spec.value_range
    colours = keys.kind in ("rgb", "bgr")
    order = -1 if keys.kind == "bgr" else 1  # the card's are in the order of red, green, blue
    return NetworkInput(
        name=keys.name,
        kind=keys.kind,
        stride=keys.stride or 1,
        frames=keys.frames,
        layout=keys.layout,
        value_range=ordinary if keys.range is None else (keys.range[0], keys.range[1]),
        mean=_each(keys, "mean", spec.mean[::order] if colours else None, path),
        std=_each(keys, "std", spec.std[::order] if colours else None, path),
        bound=keys.bound,
        flow=keys.flow,
        last=keys.last,
    )


def _each(
    keys: InputKeys, name: str, card: tuple[float, ...] | None, path: Path | None
) -> tuple[float, ...]:
    """Return a number a channel: of the input, else the card's, else one that changes nothing."""
    count, own = CHANNELS[keys.kind], getattr(keys, name)
    if own is None:
        return card or (0.0 if name == "mean" else 1.0,) * count
    values = tuple(own) if isinstance(own, Sequence) else (own,) * count
    if len(values) != count:
        raise _unfit(
            keys,
            path,
            f"has {len(values)} numbers as its {name}, but {keys.kind} has {count} channel"
            f"{'s' * (count > 1)}",
            f"Write one number, or {count} in a list.",
        )
    return values


def _check(keys: InputKeys, spec: ModelSpec, path: Path | None) -> None:
    between = keys.kind in ("flow", "difference")
    if keys.stride is not None and keys.frames is not None:
        raise _unfit(
            keys,
            path,
            "has both stride and frames, but its frames are chosen by one of them",
            "Keep stride for every so many frames, frames for so many from first to last.",
        )
    if keys.range is not None and keys.range[0] >= keys.range[1]:
        text = f"has the range {list(keys.range)}, which does not rise"
        raise _unfit(keys, path, text, f"For example: {INPUT_KEYS['range'].example}")
    if keys.frames is not None and keys.frames > spec.frames:
        raise _unfit(
            keys,
            path,
            f"has {keys.frames} frames, but a clip has {spec.frames}",
            f"Write frames = {keys.frames} or more above the first [[inputs]], for the clip.",
        )
    if keys.last == "drop" and not between:
        text = f"drops the last step, but {keys.kind} has one of every frame"
        raise _unfit(keys, path, text, "Leave last out; it belongs to flow and difference.")
    if between and spec.frames < 2:
        raise _unfit(keys, path, "lies between frames, but a clip has one", "Write frames = 2.")
    if keys.kind == "flow" and min(spec.crop) < _LEAST_SIDE_PX:
        text = f"is a flow, but a crop of {min(spec.crop)} pixels is too small for one"
        raise _unfit(keys, path, text, f"A crop has at least {_LEAST_SIDE_PX} pixels a side.")


def _unfit(keys: InputKeys, path: Path | None, text: str, hint: str) -> ModelError:
    return ModelError(f"The input {keys.name!r} of the card {path} {text}.", hint)
