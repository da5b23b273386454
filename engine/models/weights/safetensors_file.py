"""Files of safetensors: their list of tensors is looked at before any is read."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from engine.models.weights.pickle_names import FaultError
from engine.utils.bounded_files import open_regular
from engine.utils.schema import SchemaError, parse_json

MOST_TENSORS = 100_000
LONGEST_NAME = 300
FLOATS = ("F16", "BF16", "F32", "F64")
"""Kinds of numbers, by the names of the format, that weights are kept in."""

_MOST_HEADER_BYTES = 2**24


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a file by their names.

    Raises
    ------
    FaultError
        As `tensors_listed` does.
    OSError, SafetensorError
        If it cannot be read, or its tensors do not lie where its list says.
    """
    tensors_listed(path)
    return dict(load_file(path))


def tensors_listed(path: Path) -> dict[str, str]:
    """Return the kinds of numbers of a file's tensors ("F32") by their names.

    Raises
    ------
    FaultError
        If the list is damaged, has a name twice or one that no network has, or is longer than
        that of a network.
    OSError
        If it cannot be read.
    """
    with open_regular(path) as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(min(length, _MOST_HEADER_BYTES + 1))
    if not 0 < length == len(header) <= _MOST_HEADER_BYTES:
        raise FaultError("is damaged: its list of tensors has no possible length")
    try:
        listed = parse_json(header)
    except SchemaError as error:
        raise FaultError(f"is damaged: of its list of tensors, {error}") from error
    if not isinstance(listed, dict):
        raise FaultError("is damaged: it has no list of tensors")
    listed.pop("__metadata__", None)
    if len(listed) > MOST_TENSORS:
        raise FaultError(f"holds more than {MOST_TENSORS} tensors, more than a network has")
    if not all(name.isprintable() and len(name) < LONGEST_NAME for name in listed):
        raise FaultError(f"names a tensor in {LONGEST_NAME} or more letters, or in no letters")
    return {name: _kind(entry) for name, entry in listed.items()}


def _kind(entry: object) -> str:
    return str(entry.get("dtype", "")) if isinstance(entry, dict) else ""
