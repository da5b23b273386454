"""Activation checkpointing held off: a network is run as if it kept all that it computes.

`torch.utils.checkpoint` computes parts of a forward pass a second time during the backward pass,
where no rule of a method is watching, and its older form refuses gradients by the input. It saves
memory in training and changes no result, so nothing is lost without it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch.utils import checkpoint as torch_checkpoint

_lock = threading.Lock()
_inside = 0
_theirs: dict[str, Any] = {}


class _Called:
    """Stands for `torch.utils.checkpoint.CheckpointFunction`, and just calls."""

    @staticmethod
    def apply(function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        """Call the part of the network."""
        return function(*args)


def _nothing_around(*args: Any, **kwargs: Any) -> Iterator[None]:
    """Do nothing before and after a part of the network is called."""
    yield


_OURS: dict[str, Any] = {
    "CheckpointFunction": _Called,
    "_checkpoint_without_reentrant_generator": _nothing_around,
    "_checkpoint_without_reentrant_generator_impl": _nothing_around,
}
"""By the names that torch calls them by, which differ between its versions."""


@contextmanager
def without_checkpointing() -> Iterator[None]:
    """Call the checkpointed parts of networks as they are inside, in every thread."""
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside
    with _lock:
        if not _inside:
            for name in _OURS.keys() & vars(torch_checkpoint).keys():
                _theirs[name] = getattr(torch_checkpoint, name)
                setattr(torch_checkpoint, name, _OURS[name])
        _inside += 1


def _leave() -> None:
    global _inside
    with _lock:
        _inside -= 1
        if not _inside:
            for name, theirs in _theirs.items():
                setattr(torch_checkpoint, name, theirs)
            _theirs.clear()
