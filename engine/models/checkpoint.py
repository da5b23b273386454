"""Weights from a file: read without running any code in it, and fitted to a network.

Pickles are only ever read with ``weights_only=True``, which refuses everything but tensors
and plain containers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from engine.errors import ModelError

State = dict[str, torch.Tensor]

_NESTS = ("state_dict", "model_state_dict", "model")
"""Keys under which training scripts keep the weights beside their optimiser."""

_PREFIXES = ("module.", "_orig_mod.")
"""What DataParallel and torch.compile put before every name."""

_BOOKKEEPING = "num_batches_tracked"
"""A counter of BatchNorm that does not change what a network computes; may be missing."""


def read_weights(path: Path) -> State:
    """Read the weights of a network from a file.

    Parameters
    ----------
    path : Path
        A ``.safetensors`` file, or what `torch.save` wrote: a state dict, also nested under
        "state_dict", "model_state_dict" or "model", also with the prefix of DataParallel.

    Returns
    -------
    dict of str to tensor
        On the CPU, under the names that the network itself uses.

    Raises
    ------
    ModelError
        If the file is missing, unreadable, holds code, or holds no weights.
    """
    if not path.is_file():
        raise ModelError(f"There is no weights file {path}.", "Check the path of the weights file.")
    return _without_prefix(_unwrapped(_content(path), path))


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
    problems = _problems(_shapes(module.state_dict()), _shapes(state))
    if problems:
        raise ModelError(
            f"The weights {origin} do not fit the model {model}: {', '.join(problems)}.",
            "Choose the model that these weights were trained with.",
        )
    module.load_state_dict(state)


def _content(path: Path) -> object:
    """What is stored in the file, with every way of failing told as one."""
    try:
        if path.suffix.lower() == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
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
    """The state dict inside what a training script saved."""
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
    """Whether it is a plain tensor; sparse ones and ones without values (meta) cannot be copied."""
    return isinstance(value, torch.Tensor) and value.layout == torch.strided and not value.is_meta


def _without_prefix(state: State) -> State:
    """The same weights without the prefixes that wrappers put before every name."""
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


def _problems(wanted: dict[str, tuple[int, ...]], given: dict[str, tuple[int, ...]]) -> list[str]:
    """What keeps the weights from fitting: a count and the first example of each kind."""
    missing = [name for name in wanted if name not in given]
    unknown = [name for name in given if name not in wanted]
    reshaped = [name for name in wanted if name in given and wanted[name] != given[name]]
    problems = []
    if missing:
        problems.append(f"{len(missing)} of {len(wanted)} tensors are missing (first {missing[0]})")
    if unknown:
        problems.append(f"{len(unknown)} are of no use to it (first {unknown[0]})")
    if reshaped:
        first = reshaped[0]
        problems.append(
            f"{len(reshaped)} have another shape "
            f"(first {first}: {given[first]} instead of {wanted[first]})"
        )
    return problems
