"""Networks that come with their own code: a Python function, TorchScript, or torch.export.

Loading any of them runs what its author wrote, so none is touched before it is trusted.
"""

from __future__ import annotations

import inspect
import io
import json
import math
import os
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.errors import EngineError, ModelError
from engine.models.loaders.closed_heads import head_of_program, head_of_script, with_head
from engine.models.own_code.build import own_function
from engine.models.own_code.sources import Sources
from engine.models.weights.checkpoint import check_is_network
from engine.models.weights.file_sizes import check_archive, check_claim
from engine.utils.foreign_code import described, exits_as_errors

_CLASS_NAMES = ("classes", "num_classes", "n_classes")
"""Parameters of a user's function that are given the number of classes."""


class ClosedNetwork(nn.Module):
    """A network whose operations cannot be looked into, for gradients and perturbation.

    Parameters
    ----------
    inner : nn.Module
        Of TorchScript or torch.export, in the mode that it was saved in.
    kind : str
        What it is, for people.
    most : int or None
        Clips that it takes at once; None where it takes any number.
    head : str
        "softmax" or "sigmoid", where it ends in one.
    """

    def __init__(self, inner: nn.Module, kind: str, most: int | None, head: str) -> None:
        super().__init__()
        self.inner = inner
        self.kind = kind
        self.most = most
        self.head = head

    def forward(self, *given: Any, **named: Any) -> Any:
        """Score clips (N, ...) in portions that the network takes, or several inputs at once."""
        if self.most is None or len(given[0]) == self.most:
            return with_head(self.inner(*given, **named), self.head)
        (clips,) = given
        parts = [self.inner(part) for part in torch.split(clips, self.most)]
        return with_head(torch.cat(parts), self.head)

    def train(self, mode: bool = True) -> ClosedNetwork:
        """Leave the network's mode alone, as torch.export wrote none."""
        self.training = mode
        return self


def load_closed(path: Path, shape: tuple[int, ...]) -> ClosedNetwork:
    """Load a TorchScript or torch.export file that the user trusts.

    Parameters
    ----------
    path : Path
        ``.pt2`` of torch.export, else TorchScript.
    shape : tuple of int
        Of the one clip that it will be given.

    Raises
    ------
    UntrustedError
        If the user has not trusted it.
    ModelError
        If it cannot be read, holds pickled objects, claims more than it holds, or takes clips
        of another shape.
    """
    real = Path(os.path.realpath(path))
    with Sources(real.parent).copied(real) as copy, _one_sentence(path, copy):
        if path.suffix.lower() == ".pt2":
            check_archive(copy)
            return _exported(copy, shape)
        check_is_network(copy)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # it is deprecated, but people have it
            script = torch.jit.load(copy, map_location="cpu")  # type: ignore[no-untyped-call]
        script.eval()
        return ClosedNetwork(script, "TorchScript", None, head_of_script(script))


def build_own(target: str, folder: Path, classes: int) -> nn.Module:
    """Build a network with a function of the user's.

    Parameters
    ----------
    target : str
        ``module:function`` (also of a package) or ``file.py:function``; it is given the number
        of classes where it has a parameter for it, and nothing else.
    folder : Path
        Of the card; its files come before all that is installed.
    classes : int
        Number of classes.

    Raises
    ------
    UntrustedError
        If the user has not trusted all files that are imported, and the function.
    ModelError
        If there is no such function, or it fails, or gives no `nn.Module`.
    """
    with own_function(target, folder) as (function, origin):
        try:
            with exits_as_errors():
                network = function(**_class_argument(function, classes))
        except EngineError:
            raise
        except Exception as error:
            name = target.rpartition(":")[2]
            raise ModelError(
                f"{name} in {origin} failed: {described(error)}.",
                "It is called without arguments, but for the number of classes as 'classes' or "
                "'num_classes' if it has such a parameter.",
            ) from error
    if not isinstance(network, nn.Module):
        raise ModelError(
            f"{target} gives a {type(network).__name__}, not a torch.nn.Module.",
            "Let it return the network.",
        )
    return network


@contextmanager
def _one_sentence(path: Path, copy: Path) -> Iterator[None]:
    """Tell what goes wrong with the copy of a file by the file's own path."""
    try:
        yield
    except ModelError as error:
        raise ModelError(str(error).replace(str(copy), str(path)), error.hint) from error
    # A damaged archive fails with a dozen types, and each means the same here.
    except Exception as error:
        raise ModelError(
            f"{path} is not a readable network of torch.export (.pt2) or TorchScript (.pt): "
            f"{_first_line(error).replace(str(copy), str(path))}.",
            "Save it anew with torch.export.save or torch.jit.save; weights alone are a "
            "'checkpoint' of a card.",
        ) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _exported(path: Path, shape: tuple[int, ...]) -> ClosedNetwork:
    _check_exported(path)
    program = torch.export.load(path)
    names = set(program.graph_signature.user_inputs)
    inputs = [node.meta["val"] for node in program.graph.nodes if node.name in names]
    if len(inputs) != 1:
        raise ModelError(
            f"{path} takes {len(inputs)} inputs, but one clip is what it is given.",
            "Export a network that takes one tensor.",
        )
    exported = tuple(inputs[0].shape)
    sides = zip(exported[1:], shape[1:], strict=False)  # lengths are compared on their own
    fits = all(side == ours for side, ours in sides if isinstance(side, int))
    if len(exported) != len(shape) or not fits:
        raise ModelError(
            f"{path} was exported for clips of shape {_shape_text(exported)}, but the card makes "
            f"{_shape_text(shape)}.",
            "Change frames, crop or layout in the card, or export it anew.",
        )
    most = exported[0] if isinstance(exported[0], int) else None
    if most not in (None, 1):
        raise ModelError(
            f"{path} was exported for {most} clips at once, but they come one by one.",
            "Export it with a batch of 1, or with a dynamic one.",
        )
    return ClosedNetwork(program.module(), "an exported program", most, head_of_program(program))


def _shape_text(shape: tuple[Any, ...]) -> str:
    return "(" + ", ".join(str(side) if isinstance(side, int) else "any" for side in shape) + ")"


def _check_exported(path: Path) -> None:
    """Refuse parts that torch.export.load would unpickle, run or allocate besides the graph."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if "aotinductor" in name or name.split("/")[-1].startswith(
                ("custom_obj", "opaque_obj")
            ):
                raise ModelError(
                    f"{path} holds compiled code or pickled objects ({name}), which are never run.",
                    "Export the plain network with torch.export.save.",
                )
            if name.endswith("_config.json"):
                check_claim(path, _largest(archive.read(name)))
            elif name.endswith(".pt"):
                _check_pickle(path, archive.read(name))


def _check_pickle(path: Path, content: bytes) -> None:
    """Refuse a part that only a full unpickling could read: torch would fall back on that."""
    try:
        torch.load(io.BytesIO(content), map_location="meta", weights_only=True)
    except Exception as error:
        raise ModelError(
            f"{path} holds a pickle with more than tensors, which is never run.",
            "Export the network anew with torch.export.save.",
        ) from error


def _largest(config: bytes) -> int:
    """Return the elements of the largest tensor that a table of weights lists."""
    entries = json.loads(config)["config"].values()
    sizes = [(entry.get("tensor_meta") or {}).get("sizes", []) for entry in entries]
    return max(
        (math.prod(int(side.get("as_int", 1)) for side in shape) for shape in sizes), default=0
    )


def _class_argument(function: Callable[..., Any], classes: int) -> dict[str, int]:
    parameters = inspect.signature(function).parameters
    return {name: classes for name in _CLASS_NAMES if name in parameters}
