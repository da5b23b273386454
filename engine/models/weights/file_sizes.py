"""Checks of the claims of a weights file before anything is allocated.

An archive of a few kilobytes can unpack to terabytes, and a pickle of a hundred bytes can ask
for a tensor of any size. Real ones store their weights uncompressed; only the little code of a
TorchScript file unpacks to more than it takes.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from engine.errors import ModelError

_CODE_BYTES = 64 * 2**20


def check_archive(path: Path) -> None:
    """Refuse an archive whose entries unpack to more than its own size and 64 MB of code.

    Raises
    ------
    ModelError
        If it is one.
    OSError, zipfile.BadZipFile
        If it cannot be read.
    """
    with zipfile.ZipFile(path) as archive:
        claimed = sum(entry.file_size for entry in archive.infolist())
    if claimed > path.stat().st_size + _CODE_BYTES:
        raise _overstated(path, f"unpacks to {claimed}")


def check_claims(path: Path) -> None:
    """Refuse a file of `torch.save` that asks for more memory than it has bytes.

    It is read once without its values: storages without memory take their place. Errors of
    `torch.load` pass through.

    Raises
    ------
    ModelError
        If it asks for more.
    """
    archive = zipfile.is_zipfile(path)
    if archive:
        check_archive(path)
    # The old format would allocate on "meta", too; archives are quicker without fakes.
    with nullcontext() if archive else FakeTensorMode():
        content = torch.load(path, map_location="meta" if archive else "cpu", weights_only=True)
    storages: dict[int, int] = {}
    largest = 0
    for tensor in _tensors(content):
        if tensor.layout == torch.strided:
            storage = tensor.untyped_storage()
            storages[storage._cdata] = storage.nbytes()
            largest = max(largest, tensor.numel() * tensor.element_size())
    check_claim(path, max(sum(storages.values()), largest))


def check_claim(path: Path, claimed: int) -> None:
    """Refuse a file that asks for more bytes of memory than it has.

    Raises
    ------
    ModelError
        If it does.
    """
    if claimed > path.stat().st_size:
        raise _overstated(path, f"asks for {claimed} bytes of memory")


def _tensors(content: object) -> Iterator[torch.Tensor]:
    if isinstance(content, torch.Tensor):
        yield content
    elif isinstance(content, Mapping):
        for value in content.values():
            yield from _tensors(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from _tensors(value)


def _overstated(path: Path, claim: str) -> ModelError:
    return ModelError(
        f"{path} has {path.stat().st_size} bytes but {claim}: it is damaged or made to harm.",
        "Get the file again from its source, or save the network's state_dict() anew.",
    )
