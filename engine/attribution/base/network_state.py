"""What a network keeps between calls besides its weights: hidden states, buffers of a stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

RESETTING = (
    *("reset", "reset_state", "reset_states", "reset_buffer", "reset_buffers", "reset_hidden"),
    *("reset_cache", "reset_memory", "reset_stream", "clear_cache", "clear_buffers", "init_hidden"),
    *("clean_activation_buffers", "clear_state", "clear_memory"),
)
"""Names of methods that empty a network, called without arguments."""

AsItWas = Callable[[], Any]

_OF_TORCH = frozenset(vars(nn.Module()))


class KeptState:
    """What the parts of a network hold besides modules and weights, at one moment.

    It does not keep the network itself alive.
    """

    def __init__(self, network: nn.Module) -> None:
        self._held = {path: _held(part) for path, part in network.named_modules()}

    def put_back(self, network: nn.Module) -> None:
        """Give every part the very objects that it held, as they were, and take away others."""
        for path, part in network.named_modules():
            held = self._held.get(path, {})
            for name in _names(part):
                if name not in held:
                    delattr(part, name)
            for name, as_it_was in held.items():
                place = part._buffers if name in part._buffers else vars(part)
                place[name] = as_it_was()


def resetting_methods(network: nn.Module) -> tuple[str, ...]:
    """Return the methods of a network's parts that empty it, such as "stream.reset".

    What lies inside a part that has one is left to it.
    """
    found: dict[str, str] = {}
    for path, part in network.named_modules():
        if any(path.startswith(f"{outer}.") or not outer for outer in found):
            continue
        name = next((name for name in RESETTING if callable(getattr(part, name, None))), None)
        if name is not None:
            found[path] = f"{path}.{name}".lstrip(".")
    return tuple(found.values())


def reset(network: nn.Module, methods: tuple[str, ...]) -> bool:
    """Call methods that empty a network, and return whether they left its weights alone.

    Weights that they changed are put back.
    """
    weights = [(weight, weight.detach().clone()) for weight in network.parameters()]
    call_methods(methods, network)
    changed = [(weight, kept) for weight, kept in weights if not torch.equal(weight, kept)]
    for weight, kept in changed:
        weight.data.copy_(kept)
    return not changed


def call_methods(methods: tuple[str, ...], network: nn.Module) -> None:
    """Call methods of a network's parts by their names."""
    for method in methods:
        path, _, name = method.rpartition(".")
        getattr(network.get_submodule(path), name)()


def _names(part: nn.Module) -> list[str]:
    """Return the names of what a part's author gave it, and of its buffers."""
    if isinstance(part, torch.jit.ScriptModule):
        return []  # its attributes are in TorchScript, out of reach
    return [*(name for name in vars(part) if name not in _OF_TORCH), *part._buffers]


def _held(part: nn.Module) -> dict[str, AsItWas]:
    return {name: _kept(getattr(part, name)) for name in _names(part)}


def _kept(value: Any) -> AsItWas:
    """Return a function that gives an object back with the tensors and parts it has now."""
    if isinstance(value, Tensor) and not isinstance(value, nn.Parameter):
        return partial(_tensor, value, value.detach().clone())
    if isinstance(value, dict):
        return partial(_dict, value, {name: _kept(part) for name, part in value.items()})
    if isinstance(value, list | deque):
        return partial(_list, value, [_kept(part) for part in value])
    return lambda: value


def _tensor(value: Tensor, kept: Tensor) -> Tensor:
    if not torch.equal(value, kept):
        value.detach().copy_(kept)
    return value


def _dict(value: dict[Any, Any], parts: dict[Any, AsItWas]) -> dict[Any, Any]:
    value.clear()
    value.update((name, as_it_was()) for name, as_it_was in parts.items())
    return value


def _list(value: list[Any] | deque[Any], parts: list[AsItWas]) -> list[Any] | deque[Any]:
    value.clear()
    value.extend(as_it_was() for as_it_was in parts)
    return value
