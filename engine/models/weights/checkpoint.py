"""Weights from a file: read without running any code in it, and fitted to a network.

Pickles are only ever read with ``weights_only=True``, which refuses everything but tensors
and plain containers, and only when they claim no more than they hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from engine.errors import ModelError
from engine.models.weights.file_sizes import check_claims

State = dict[str, torch.Tensor]

_NESTS = ("state_dict", "model_state_dict", "model_state", "model", "network", "net", "module")
"""Keys under which training scripts keep the weights beside their optimiser."""

_PREFIXES = ("module.", "_orig_mod.")
"""What DataParallel and torch.compile put before every name."""

_BOOKKEEPING = "num_batches_tracked"
"""A counter of BatchNorm that does not change what a network computes; may be missing."""


def read_weights(path: Path, prefix: str = "") -> State:
    """Read the weights of a network from a file.

    Parameters
    ----------
    path : Path
        A ``.safetensors`` file, or what `torch.save` wrote: a state dict, also nested under
        one of the usual keys such as "state_dict" or "model", also with the prefix of
        DataParallel.
    prefix : str
        Only weights whose names begin so are taken, without it.

    Returns
    -------
    dict of str to tensor
        On the CPU, under the names that the network itself uses.

    Raises
    ------
    ModelError
        If the file is missing, unreadable, holds code, claims more than it holds, or holds no
        weights, or none with that prefix.
    """
    if not path.is_file():
        raise ModelError(f"There is no weights file {path}.", "Check the path of the weights file.")
    state = _unwrapped(_content(path), path)
    if not prefix:
        return _without_prefix(state)
    chosen = {n.removeprefix(prefix): tensor for n, tensor in state.items() if n.startswith(prefix)}
    if not chosen:
        raise ModelError(
            f"No weight in {path} has a name that begins with {prefix!r}.",
            f"The first is called {next(iter(state))!r}.",
        )
    return chosen


def fit(module: nn.Module, state: State, model: str, origin: str) -> None:
    """Copy weights into a network, all or nothing.

    Parameters
    ----------
    module : nn.Module
        Changed in place.
    state : dict of str to tensor
        Weights of any floating dtype.
    model, origin : str
        Name of the network and of the file, for the message.

    Raises
    ------
    ModelError
        If names or shapes differ from the network's; it is unchanged then.
    """
    network, weights = _shapes(module.state_dict()), _shapes(state)
    wrapper = _wrapper(network, weights)
    weights = {name.removeprefix(wrapper): shape for name, shape in weights.items()}
    problems = _class_problem(network, weights) or _problems(network, weights)
    if problems:
        raise ModelError(
            f"The weights {origin} do not fit the model {model}: {', '.join(problems)}.",
            "Choose the model that these weights were trained with.",
        )
    module.load_state_dict({name.removeprefix(wrapper): value for name, value in state.items()})


def weight_called(state: State, name: str) -> torch.Tensor | None:
    """Return a weight by its name, or the only one with that name behind a wrapper's."""
    if name in state:
        return state[name]
    behind = [tensor for key, tensor in state.items() if key.endswith(f".{name}")]
    return behind[0] if len(behind) == 1 else None


def _wrapper(network: Mapping[str, object], weights: Mapping[str, object]) -> str:
    """Return the prefix that a wrapper put before all names, as Lightning's "model.", or ""."""
    first = next(iter(network), "")
    for name in weights:
        if name.endswith(f".{first}"):
            wrapper = name.removesuffix(first)
            if all(other.startswith(wrapper) for other in weights):
                return wrapper
    return ""


def _content(path: Path) -> object:
    """Load the file's content, with one error for every way of failing."""
    try:
        if path.suffix.lower() == ".safetensors":
            return load_file(path)
        check_claims(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except OSError as error:
        raise ModelError(
            f"The weights file {path} cannot be read ({error.strerror or error}).",
            "Check that the file is there and that you may read it.",
        ) from error
    # A damaged pickle fails with a dozen different types (measured: IndexError,
    # UnicodeDecodeError, AssertionError, struct.error, ...), and each means the same here.
    except Exception as error:
        raise ModelError(
            f"{path} is not a readable weights file: damaged, of another format, or a pickle "
            "that holds more than weights, which is never run.",
            "Save the network's state_dict() with torch.save, or as .safetensors.",
        ) from error


def _unwrapped(content: object, path: Path) -> State:
    """Return the state dict inside the dict that a training script saved."""
    for key in _NESTS:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if isinstance(content, Mapping):
        state = {str(key): value for key, value in content.items() if _is_weight(value)}
        if state and len(state) == len(content):
            return state
    raise ModelError(
        f"The weights file {path} holds no state dict of a network.",
        "Save the network's state_dict() with torch.save, or as .safetensors.",
    )


def _is_weight(value: object) -> bool:
    """Return true for a plain tensor: sparse and meta ones cannot be copied."""
    return isinstance(value, torch.Tensor) and value.layout == torch.strided and not value.is_meta


def _without_prefix(state: State) -> State:
    """Return the weights without the prefixes that wrappers put before every name."""
    for prefix in _PREFIXES:
        if all(name.startswith(prefix) for name in state):
            state = {name.removeprefix(prefix): tensor for name, tensor in state.items()}
    return state


def _shapes(state: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    return {
        name: tuple(tensor.shape)
        for name, tensor in state.items()
        if not name.endswith(_BOOKKEEPING)
    }


def _class_problem(
    network: dict[str, tuple[int, ...]], weights: dict[str, tuple[int, ...]]
) -> list[str]:
    """Return the problem if only the number of classes differs, else nothing."""
    if set(network) != set(weights):
        return []
    differ = [name for name in network if network[name] != weights[name]]
    firsts = {(weights[name][:1], network[name][:1]) for name in differ}
    same_rest = all(weights[name][1:] == network[name][1:] for name in differ)
    if not same_rest or len(firsts) != 1 or len({n.rpartition(".")[0] for n in differ}) != 1:
        return []
    ((theirs, ours),) = firsts
    return [f"they decide between {theirs[0]} classes, the network between {ours[0]}"]


def _problems(
    network: dict[str, tuple[int, ...]], weights: dict[str, tuple[int, ...]]
) -> list[str]:
    """Return the problems of fit: a count and the first example of each kind."""
    missing = [name for name in network if name not in weights]
    unknown = [name for name in weights if name not in network]
    reshaped = [name for name in network if name in weights and network[name] != weights[name]]
    problems = []
    if missing:
        problems.append(
            f"{len(missing)} of {len(network)} tensors are missing (first {missing[0]})"
        )
    if unknown:
        problems.append(f"{len(unknown)} are of no use to it (first {unknown[0]})")
    if reshaped:
        first = reshaped[0]
        problems.append(
            f"{len(reshaped)} have another shape "
            f"(first {first}: {weights[first]} instead of {network[first]})"
        )
    return problems
