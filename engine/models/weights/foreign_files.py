"""Files that are no checkpoint of torch: what they are, and the lines that make one of them."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from engine.errors import ModelError
from engine.utils.bounded_files import is_regular, open_regular

_SAVE = 'torch.save(network.state_dict(), "weights.pth")'
_LOAD_THERE = "in the program that trained it, load the network and save its weights alone: "

_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89HDF\r\n\x1a\n", "HDF5, as Keras and MATLAB write", "convert it to PyTorch: " + _SAVE),
    (b"CDF", "NetCDF", _LOAD_THERE + _SAVE),
    (b"GGUF", "GGUF", _LOAD_THERE + _SAVE),
    (b"\x93NUMPY", "a NumPy array", "save all weights by name: " + _SAVE),
    (b"\x1f\x8b", "compressed with gzip", "unpack it first: gunzip or tar -xzf"),
    (b"BZh", "compressed with bzip2", "unpack it first"),
    (b"\xfd7zXZ", "compressed with xz", "unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it first"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (b"(\xb5/\xfd", "compressed with zstd", "unpack it first"),
    (b"version https://git-lfs", "only a pointer of Git LFS", "get the file itself: git lfs pull"),
    (b"<", "a web page or XML, not what was to be downloaded", "download it again"),
    (b"%PDF", "a PDF", "choose another file"),
    (b"T7\0\0", "of Lua Torch", _LOAD_THERE + _SAVE),
)
"""First bytes of a file, what it is, and what to do."""

_SUFFIXES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        (".onnx",),
        "ONNX, which has no weights by the names of a network",
        _LOAD_THERE + _SAVE + "; or put it behind an endpoint (docs/black-boxes.md)",
    ),
    (
        (".pb", ".tflite", ".ckpt.index", ".data-00000-of-00001"),
        "of TensorFlow",
        "convert it to PyTorch: " + _SAVE,
    ),
    ((".caffemodel", ".prototxt"), "of Caffe", "convert it to PyTorch: " + _SAVE),
    ((".pdparams", ".pdopt"), "of PaddlePaddle", "convert it to PyTorch: " + _SAVE),
    ((".engine", ".plan", ".trt"), "of TensorRT", "give the weights it was made of"),
    ((".distcp",), "one part of torch.distributed.checkpoint", "give the folder that it lies in"),
)
"""Ends of the names of files that torch did not write."""

_HEADER_BYTES = 2**24
"""Of safetensors: about 150,000 tensors."""

_OLD_PICKLES = (b"(", b"c", b"}", b"]")
"""What pickles of protocols 0 and 1 begin with; later ones begin with 0x80."""

_DISTRIBUTED = (
    "join its parts: from torch.distributed.checkpoint.format_utils import dcp_to_torch_save; "
    'dcp_to_torch_save("{path}", "weights.pth")'
)


def check_regular(path: Path) -> None:
    """Refuse what is no regular file.

    Raises
    ------
    ModelError
        That names what it is.
    OSError
        If it cannot be looked at.
    """
    if os.path.isdir(path):
        raise _of_folder(path)
    if not os.path.lexists(path):
        hint = "Check the path of the weights file."
        raise ModelError(f"There is no weights file {path}.", hint)
    if not is_regular(path):
        raise ModelError(f"{path} is not a regular file.", "Give a file with weights.")


def is_safetensors(path: Path) -> bool:
    """Return whether a file begins as safetensors does, or is named so.

    Raises
    ------
    ModelError
        If its list of tensors is longer than a network's.
    OSError
        If it cannot be read.
    """
    with open_regular(path) as file:
        head = file.read(9)
    begins = len(head) == 9 and head[8:] == b"{"
    length = int.from_bytes(head[:8], "little")
    if begins and _HEADER_BYTES < length < path.stat().st_size:
        raise refusal(path, "safetensors with more tensors than a network has", "split it")
    return path.suffix.lower() == ".safetensors" or (begins and length < path.stat().st_size)


def is_archive(path: Path) -> bool:
    """Return whether a file ends as a zip archive does.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with open_regular(path) as file:
        return zipfile.is_zipfile(file)


def check_is_checkpoint(path: Path) -> None:
    """Refuse files whose beginning or name says that torch did not write them.

    Raises
    ------
    ModelError
        That names what it is.
    OSError
        If it cannot be read.
    """
    with open_regular(path) as file:
        head = file.read(1024)
    if not head:
        raise refusal(path, "empty", "get it again from its source")
    for begin, what, todo in _BEGINNINGS:
        if head.startswith(begin):
            raise refusal(path, what, todo)
    for ends, what, todo in _SUFFIXES:
        if path.name.lower().endswith(ends):
            raise refusal(path, what, todo)
    _check_signs(path, head)


def _check_signs(path: Path, head: bytes) -> None:
    """Refuse a file by what stands behind its first bytes, or by none that torch writes."""
    if head[257:262] == b"ustar":
        raise refusal(path, "a tar archive", f"unpack it first: tar -xf {path.name}")
    if head[4:8] == b"TFL3":
        raise refusal(path, "of TensorFlow Lite", "convert it to PyTorch: " + _SAVE)
    if head.lstrip()[:1] in (b"{", b"["):
        raise refusal(path, "JSON", "give the file with the weights beside it")
    if head.startswith(b"PK") and not is_archive(path):
        raise refusal(path, "damaged: its end is missing", "download or copy it again")
    if head[:1] not in (b"P", b"\x80", *_OLD_PICKLES):
        raise refusal(path, "of no format that is known here", _LOAD_THERE + _SAVE)


def check_archive_is_checkpoint(path: Path) -> None:
    """Refuse an archive that others than `torch.save` wrote.

    Raises
    ------
    ModelError
        That names what it is.
    OSError, zipfile.BadZipFile
        If it cannot be read.
    """
    with open_regular(path) as file, zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    if any(name.endswith("/data.pkl") for name in names):
        if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
            raise refusal(
                path,
                "a TorchScript network, which brings its own code",
                f'write network = "{path.name}" in place of the checkpoint, or save its weights '
                f'alone: torch.save(torch.jit.load("{path.name}").state_dict(), "weights.pth")',
            )
        return
    raise refusal(path, *_archive_kind(path, names))


def _archive_kind(path: Path, names: list[str]) -> tuple[str, str]:
    if any(name.endswith(("archive_format", "models/model.json")) for name in names):
        return (
            "a network of torch.export, which brings its own code",
            f'write network = "{path.name}" in place of the checkpoint',
        )
    if any(name.endswith(".npy") for name in names):
        return "a NumPy archive", "save the weights by name: " + _SAVE
    if any(name.endswith(".weights.h5") for name in names):
        return "a network of Keras", "convert it to PyTorch: " + _SAVE
    inside = next((n for n in names if n.lower().endswith((".pth", ".pt", ".safetensors"))), "")
    if inside:
        return f"a zip archive around {Path(inside).name[:60]}", "unpack it first"
    return "a zip archive, but not one of torch.save", _LOAD_THERE + _SAVE


def whole_network(path: Path, kind: str, where: str) -> ModelError:
    """Return the refusal of a pickled network object, in the file or under a key of it."""
    inside = f'torch.load("{path.name}", weights_only=False){where}'
    return ModelError(
        f"{path} holds a whole pickled network ({kind}), more than weights: to read it, code would "
        "have to be run, which is never done.",
        "With the code of the training at hand, save its weights alone: "
        f'torch.save({inside}.state_dict(), "weights.pth").',
    )


def refusal(path: Path, what: str, todo: str) -> ModelError:
    """Return the refusal of a file by what it is."""
    return ModelError(
        f"{path} is not a readable weights file: it is {what}.", f"{todo[0].upper()}{todo[1:]}."
    )


def _of_folder(path: Path) -> ModelError:
    if (path / ".metadata").is_file():
        return refusal(
            path,
            "a folder of torch.distributed.checkpoint (FSDP), with the weights in parts",
            _DISTRIBUTED.format(path=path),
        )
    if (path / "latest").is_file() or any(path.glob("*zero_pp_rank*")):
        todo = f"join its parts with its own script: python zero_to_fp32.py {path} weights"
        return refusal(path, "a folder of DeepSpeed, with the weights in parts", todo)
    if (path / "config.json").is_file():
        todo = f'write network = "hf:{path.name}" in a card'
        return refusal(path, "a folder of the transformers library", todo)
    return ModelError(f"The weights file {path} is a folder.", "Give the file in it.")
