"""Weights from a file, read as data: nothing that a file names is imported or called."""

from __future__ import annotations

import errno
import re
import zipfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch

from engine.errors import ModelError
from engine.models.weights.file_sizes import check_archive
from engine.models.weights.foreign_files import (
    check_archive_is_checkpoint,
    check_is_checkpoint,
    check_regular,
    is_archive,
    is_safetensors,
    refusal,
    whole_network,
)
from engine.models.weights.pickle_names import FaultError, HarmError, shown
from engine.models.weights.pickle_values import Made, StoredArray, StoredTensor, mapping_of
from engine.models.weights.safetensors_file import LONGEST_NAME, MOST_TENSORS, read_safetensors
from engine.models.weights.torch_file import TorchFile, open_torch_file
from engine.utils.bounded_files import is_regular, open_regular

State = dict[str, torch.Tensor]

_TRAINING = re.compile(
    r"_?(optim|opt$|lr_?sched|sched|grad_?scaler|scaler|amp$|callbacks|loops|hyper_?param|hparams|"
    r"message_hub|rng|random|cuda_rng|torch_rng|datamodule|training_args|args$|config|cfg$)"
)
"""Keys of what a training needs to go on, which holds no weights."""
_PART = re.compile(r"(?P<name>.+)-\d{5}-of-(?P<count>\d{5})\.safetensors")
"""Name of a part of weights that are split over several files."""
_MOST_DEPTH = 8
_MOST_SHARED = 8
"""How often a file may hold the same values under other names."""
_MOST_LISTED = 1000

_JOIN = (
    "save it whole: with FullStateDictConfig, or get_model_state_dict(network, "
    "options=StateDictOptions(full_state_dict=True))"
)
_HARM = (
    "Open it with no other program either. Get the weights from a source that you trust, best as "
    ".safetensors."
)
_DAMAGED = (
    "Get it again from its source, or save the network's state_dict() with torch.save or as "
    ".safetensors."
)


@dataclass(frozen=True, slots=True)
class Weights:
    """What a file holds, by full names: keys around a state dict are parts of its names.

    Attributes
    ----------
    state : dict of str to tensor
        On the CPU: "state_dict.module.fc.weight".
    odd : dict of str to str
        Names of tensors that cannot be weights, and why: "sparse".
    nests : tuple of str
        The keys around tensors: "state_dict".
    notices : tuple of str
        What the user should know of how it was read.
    """

    state: State
    odd: dict[str, str] = field(default_factory=dict)
    nests: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def read_weights(path: Path) -> Weights:
    """Read the tensors of a file.

    Parameters
    ----------
    path : Path
        What `torch.save` wrote, of any age, or safetensors; told apart by their content. Beside
        the weights it may hold what trainings keep, as optimisers, numbers, paths or classes of
        any library, which is passed over.

    Raises
    ------
    ModelError
        If the file is missing, damaged, of another format, made to harm, or without a tensor.
    """
    try:
        check_regular(path)
        weights = _of_safetensors(path) if is_safetensors(path) else _of_torch(path)
    except ModelError:
        raise
    except OSError as error:
        if error.errno == errno.EINVAL:  # an archive that points before its beginning
            raise refusal(path, "damaged", _DAMAGED.rstrip(".")) from error
        raise ModelError(
            f"The weights file {path} cannot be read ({error.strerror or error}).",
            "Check that the file is there and that you may read it.",
        ) from error
    except HarmError as error:
        raise ModelError(f"{path} is not a readable weights file: it {error}.", _HARM) from error
    except FaultError as error:
        raise ModelError(f"{path} is not a readable weights file: it {error}.", _DAMAGED) from error
    # A damaged archive fails with a dozen types (BadZipFile, SafetensorError, zlib.error, ...),
    # and each means the same here.
    except Exception as error:
        raise refusal(path, "damaged", _DAMAGED.rstrip(".")) from error
    if not (weights.state or weights.odd):
        raise ModelError(
            f"The weights file {path} holds no state dict of a network.",
            "Save the network's state_dict() with torch.save, or as .safetensors.",
        )
    return weights


def check_is_network(path: Path) -> None:
    """Refuse weights where a network with its code is needed, if `torch.save` wrote them.

    Raises
    ------
    ModelError
        If the file holds weights alone, or a pickled network.
    OSError, zipfile.BadZipFile
        If it cannot be read.
    """
    if is_archive(path):
        check_archive(path)
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            names = archive.namelist()
        by_save = any(name.endswith("/data.pkl") for name in names)
        if not by_save or any(name.endswith("/constants.pkl") for name in names):
            return
    read_weights(path)
    raise ModelError(
        f"{path} holds weights alone, not a network with its code.",
        'Name the network, as network = "r3d_18" or network = "file.py:build", and give the file '
        f'as its weights: checkpoint = "{path.name}".',
    )


def _of_safetensors(path: Path) -> Weights:
    """Read a file, or all parts of a set such as ``model-00001-of-00003.safetensors``."""
    part = _PART.fullmatch(path.name)
    if part is None:
        return Weights(read_safetensors(path))
    count = int(part["count"])
    names = [f"{part['name']}-{i:05}-of-{count:05}.safetensors" for i in range(1, count + 1)]
    absent = [name for name in names if not is_regular(path.with_name(name))]
    if absent:
        raise ModelError(
            f"{path} is one of {count} parts, of which {absent[0]} is missing.",
            "Put all parts into one folder.",
        )
    state: State = {}
    for name in names:
        state |= read_safetensors(path.with_name(name))
    return Weights(state)


def _of_torch(path: Path) -> Weights:
    check_is_checkpoint(path)
    if is_archive(path):
        check_archive(path)
        check_archive_is_checkpoint(path)
    with open_torch_file(path) as file:
        found = list(_tensors(file.content))
        if not found:
            _refuse_content(file.content, path)
        return _read(file, found)


def _read(file: TorchFile, found: list[tuple[str, str, StoredTensor | StoredArray]]) -> Weights:
    asked = sum(stored.bytes for _, _, stored in found)
    if asked > _MOST_SHARED * file.size + 2**20:
        raise FaultError(f"has {file.size} bytes but asks for {asked} bytes of memory")
    state: State = {}
    odd: dict[str, str] = {}
    for nest, key, stored in found:
        name = f"{nest}.{key}" if nest else key
        if stored.oddity:
            odd[name] = stored.oddity
        else:
            state[name] = file.tensor(stored)
    notices: tuple[str, ...] = ()
    if file.damaged:
        notices = (
            f"The checksum of {file.damaged} parts of the weights file is wrong: it is damaged, or "
            "was saved without checksums.",
        )
    nests = tuple(dict.fromkeys(nest for nest, _, _ in found if nest))
    return Weights(state, odd, nests, notices)


def _tensors(content: object) -> Iterator[tuple[str, str, StoredTensor | StoredArray]]:
    """Yield the tensors in dicts and lists: the keys around them, their own, and what is stored."""
    seen: set[int] = set()
    found = 0
    ahead = deque([("", content, 0)])
    while ahead:
        nest, value, depth = ahead.popleft()
        if id(value) in seen:
            continue
        seen.add(id(value))
        for key, entry in _entries(value):
            if isinstance(entry, StoredTensor) or (isinstance(entry, StoredArray) and entry.dtype):
                found += 1
                yield nest, key, entry
            elif depth < _MOST_DEPTH and not _TRAINING.match(key.lower()):
                ahead.append((f"{nest}.{key}" if nest else key, entry, depth + 1))
        if max(found, len(seen)) > MOST_TENSORS:
            raise FaultError(f"holds more than {MOST_TENSORS} tensors, more than a network has")


def _entries(value: object) -> Iterator[tuple[str, object]]:
    """Yield the entries of a dict or list that can be of weights, none of an optimiser."""
    pairs = mapping_of(value)
    if pairs is None and isinstance(value, list | tuple) and len(value) <= _MOST_LISTED:
        pairs = dict(enumerate(value))
    if pairs is None or {"state", "param_groups"} <= pairs.keys():
        return
    for key, entry in pairs.items():
        name = str(key) if isinstance(key, str | int) else ""
        possible = name.isprintable() and 0 < len(name) < LONGEST_NAME
        if possible and not isinstance(entry, str | int | float | bytes | None):
            yield name, entry


def _refuse_content(content: object, path: Path) -> None:
    """Refuse a file without tensors by what it holds instead, if that is known."""
    for where, value in _objects(content):
        if isinstance(value.state, dict) and {"_parameters", "_modules"} <= set(value.state):
            raise whole_network(path, shown(str(value.kind)), where)
        if "ScriptModule" in value.kind.name:
            raise refusal(path, "a TorchScript network", "give it as the network of a card")
        if value.kind.name in ("DTensor", "ShardedTensor", "LocalShard", "_ShardedTensor"):
            raise refusal(path, "one part of weights that FSDP has split", _JOIN)


def _objects(content: object) -> Iterator[tuple[str, Made]]:
    """Yield objects at the top of a file or under its keys, with the code that gets them."""
    pairs = mapping_of(content) or {}
    if isinstance(content, list | tuple):
        pairs = dict(enumerate(content[:_MOST_LISTED]))
    if isinstance(content, Made):
        yield "", content
    for key, value in pairs.items():
        if isinstance(value, Made):
            yield f"[{key!r}]", value
        elif isinstance(value, dict):
            yield from ((f"[{key!r}][{k!r}]", v) for k, v in value.items() if isinstance(v, Made))
