"""The calls of a layer in one pass: whether they go on in time, as in a loop over the frames.

A layer can also be called again on its own output, such as one ReLU of a block. So the network is
shown the clip with its later half changed: calls that run forwards in time are the same up to
some call and others from there on, and calls that run backwards are so where the earlier half is
changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn

from engine.attribution.base.batches import generator_for
from engine.attribution.base.explained_model import ExplainedModel
from engine.models.model import Clip

Watcher = Callable[[Any], Any]
Order = Literal["", "forwards", "backwards"]
Print = tuple[float, float]

_ALIKE = 1e-6  # of the size of an output: less is rounding


@contextmanager
def watched(module: nn.Module, watchers: Mapping[str, Watcher]) -> Iterator[None]:
    """Replace the outputs of layers by what their watchers return."""
    handles = []
    try:
        for name, watcher in watchers.items():
            hook = _hook(watcher)
            handles.append(module.get_submodule(name).register_forward_hook(hook))
        yield
    finally:
        for handle in handles:
            handle.remove()


def orders_of_calls(
    explained: ExplainedModel, clip: Clip, names: Iterable[str]
) -> dict[str, Order]:
    """Return how the calls of each layer run in time, "" where they do not.

    Takes two or three passes over the network, and none where no layer is named.
    """
    orders: dict[str, Order] = {name: "" for name in names}
    frames = clip.tensor.shape[2]
    if not orders or frames == 1:
        return orders
    plain = _prints(explained, clip.tensor, orders)
    halves: dict[Order, slice] = {
        "forwards": slice(frames // 2, None),
        "backwards": slice((frames + 1) // 2),
    }
    for order, changed in halves.items():
        left = [name for name in orders if not orders[name]]
        if left:
            prints = _prints(explained, _changed(clip, changed), left)
            found = [name for name in left if _changes_late(plain[name], prints[name])]
            orders.update({name: order for name in found})
    return orders


def in_order(calls: Sequence[Tensor], order: Order, frames: int) -> list[Tensor]:
    """Return the calls of a layer in the order of the frames, the last of several on each."""
    ordered = list(reversed(calls)) if order == "backwards" else list(calls)
    each = len(ordered) // frames if len(ordered) % frames == 0 else 1
    first = 0 if order == "backwards" else each - 1
    return ordered[first::each] if each > 1 else ordered


def _hook(watcher: Watcher) -> Callable[[nn.Module, Any, Any], Any]:
    return lambda _module, _given, output: watcher(output)


def _prints(
    explained: ExplainedModel, values: Tensor, names: Iterable[str]
) -> dict[str, list[Print]]:
    """Return two numbers that tell the outputs of each call apart."""
    prints: dict[str, list[Print]] = {name: [] for name in names}

    def noting(name: str) -> Watcher:
        def note(output: Any) -> None:
            if isinstance(output, Tensor):
                exact = output.detach().double()
                prints[name].append((float(exact.sum()), float(exact.abs().sum())))

        return note

    with torch.no_grad(), watched(explained.model.module, {name: noting(name) for name in prints}):
        explained.logits(values.clone())
    return prints


def _changed(clip: Clip, frames: slice) -> Tensor:
    """Return a clip with noise in place of some frames."""
    values = clip.tensor.clone()
    part = values[:, :, frames]
    noise = torch.rand(part.shape[2:], generator=generator_for(0, 0)).to(values)
    low, high = clip.low.to(values), clip.high.to(values)
    values[:, :, frames] = low + (high - low) * noise
    return values


def _changes_late(plain: list[Print], other: list[Print]) -> bool:
    """Tell whether the later calls differ, all from some call on, and the earlier do not."""
    if len(plain) != len(other):
        return False
    differs = [
        max(abs(a - b) for a, b in zip(one, two, strict=True)) > _ALIKE * max(one[1], two[1])
        for one, two in zip(plain, other, strict=True)
    ]
    return any(differs) and not all(differs) and differs == sorted(differs)
