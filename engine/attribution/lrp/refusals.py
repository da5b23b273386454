"""Operations without a rule: noted on their results by name, module and line of the network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import nn

from engine.attribution.base.tensor_tags import depends_on_input, tag_unsupported
from engine.attribution.lrp.context import Function, Handler, LrpContext, name_of

_BESIDE = (str(Path(torch.__file__).parent), str(Path(__file__).parents[1]))
"""Folders whose lines say nothing of the network: torch, and the methods."""


def without_rule(result: Any, func: Function, manner: str = "") -> Any:
    """Tag what an operation gave as unexplained, and return it.

    ``manner`` says in what use it has no rule: "with dilation". The name that people read is
    "torch.sin (in Mixer, net.py:14)".
    """
    name = f"{name_of(func)} {manner}".strip()
    places = ", ".join(filter(None, (_module(), _line())))
    return tag_unsupported(result, f"{name} (in {places})" if places else name)


def of_combined_sigmoids(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Refuse logits that were made of several results of sigmoids, by what the network did."""
    return tag_unsupported(func(*args, **kwargs), "that combines sigmoids at the network's end")


def of_first(handler: Handler) -> Handler:
    """Return a handler that follows its first argument alone, and refuses where others matter."""

    @wraps(handler)
    def guarded(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
        if depends_on_input(*args[1:], *kwargs.values()):
            return without_rule(func(*args, **kwargs), func, "with weights or limits of the input")
        return handler(context, func, args, kwargs)

    return guarded


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _module() -> str:
    """Return the class of the innermost running module, from the stack, for messages only."""
    owners = (frame.f_locals.get("self") for frame in _frames())
    return next((type(owner).__name__ for owner in owners if isinstance(owner, nn.Module)), "")


def _line() -> str:
    """Return file and line of the innermost code that is neither torch's nor of the methods."""
    for frame in _frames():
        file = frame.f_code.co_filename
        if not file.startswith(_BESIDE):
            return f"{Path(file).name}:{frame.f_lineno}"
    return ""
