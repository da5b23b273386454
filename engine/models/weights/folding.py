"""Weights that a network computes of others, computed once: norms, pruning, adapters."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import torch

State = dict[str, torch.Tensor]

_PARAMETRISED = ".parametrizations."


def folded(state: Mapping[str, torch.Tensor], kept: Collection[str]) -> State:
    """Return a state dict in which weights that are made of several stand for themselves.

    Weight normalisation (Salimans & Kingma 2016, arXiv 1602.07868), spectral normalisation
    (Miyato et al. 2018, arXiv 1802.05957) and pruning, as `torch.nn.utils` names their parts.

    Parameters
    ----------
    state : mapping of str to tensor
        Not changed.
    kept : collection of str
        Names that the network has itself; their parts stay as they are.

    Returns
    -------
    dict of str to tensor
        Folded weights are float32 or wider.
    """
    if any(_PARAMETRISED in name or name.endswith(("_g", "_orig")) for name in kept):
        return _renamed(state) if any(_PARAMETRISED in name for name in kept) else dict(state)
    result = dict(state)
    for name in state:
        fold = next((fold for end, fold in _FOLDS.items() if name.endswith(end)), None)
        if fold is not None:
            fold(result, name)
    return result


def _renamed(state: Mapping[str, torch.Tensor]) -> State:
    """Return the parts of weight normalisation under the names that it has since torch 2.0."""
    pairs = {}
    for name, tensor in state.items():
        stem, end = name[:-2], name[-2:]
        owner, _, weight = stem.rpartition(".")
        if end in ("_g", "_v") and f"{stem}_g" in state and f"{stem}_v" in state:
            number = 0 if end == "_g" else 1
            name = f"{owner}{_PARAMETRISED}{weight}.original{number}"
        pairs[name] = tensor
    return pairs


def _weight_norm(state: State, name: str) -> None:
    """Replace ``weight_g`` and ``weight_v`` by what they make."""
    stem = name.removesuffix("_g")
    if f"{stem}_v" in state:
        state[stem] = _scaled(state.pop(f"{stem}_v"), state.pop(name))


def _weight_norm_of_today(state: State, name: str) -> None:
    owner, weight = _place(name, ".original0")
    direction = f"{owner}{_PARAMETRISED}{weight}.original1"
    if direction in state:
        state[f"{owner}.{weight}"] = _scaled(state.pop(direction), state.pop(name))


def _spectral_or_pruned(state: State, name: str) -> None:
    """Replace ``weight_orig`` by what it makes with its mask, or divided by its norm."""
    stem = name.removesuffix("_orig")
    if f"{stem}_mask" in state:
        mask = state.pop(f"{stem}_mask")
        state[stem] = state.pop(name) * mask
    elif f"{stem}_u" in state and f"{stem}_v" in state:
        left, right = state.pop(f"{stem}_u"), state.pop(f"{stem}_v")
        state[stem] = _normalised(state.pop(name), left, right)


def _spectral_of_today(state: State, name: str) -> None:
    owner, weight = _place(name, ".original")
    left, right = (f"{owner}{_PARAMETRISED}{weight}.0._{end}" for end in "uv")
    if left in state and right in state:
        value = _normalised(state.pop(name), state.pop(left), state.pop(right))
        state[f"{owner}.{weight}"] = value


def _place(name: str, end: str) -> tuple[str, str]:
    owner, _, rest = name.partition(_PARAMETRISED)
    return owner, rest.removesuffix(end)


def _scaled(direction: torch.Tensor, length: torch.Tensor) -> torch.Tensor:
    """Return ``g v / |v|``, the norm over all dimensions in which g has one side."""
    direction, length = _wide(direction), _wide(length)
    over = [side for side, count in enumerate(length.shape) if count == 1]
    if length.ndim != direction.ndim or not over:
        over = list(range(direction.ndim))
    norm: torch.Tensor = torch.linalg.vector_norm(direction, dim=over, keepdim=True)
    return direction * (length / norm)


def _normalised(weight: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return ``w / (u^T W v)``, with W the weight as a matrix of the output channels."""
    weight, left, right = _wide(weight), _wide(left), _wide(right)
    matrix = weight.flatten(1)
    if len(left) != len(matrix) and weight.ndim > 1:  # of a transposed convolution
        matrix = weight.transpose(0, 1).flatten(1)
    norm: torch.Tensor = torch.dot(left, torch.mv(matrix, right))
    return weight / norm


def _wide(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor


_FOLDS = {
    ".original0": _weight_norm_of_today,
    ".original": _spectral_of_today,
    "_g": _weight_norm,
    "_orig": _spectral_or_pruned,
}
"""End of the name of a part, and what replaces it together with the others."""
