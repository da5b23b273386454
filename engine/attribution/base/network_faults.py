"""Errors of a network's own code, told in one sentence with the line they come from.

Whatever a forward or backward raises is a fault of the network, not of this program, and its
author needs the error, the file and the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from engine.cancel import Cancelled
from engine.errors import AttributionError, EngineError
from engine.models.devices.faults import device_faults
from engine.utils.foreign_code import described, exits_as_errors

NOT_THEIRS = (EngineError, Cancelled, torch.OutOfMemoryError)
"""Exceptions that pass through a network and are no fault of it."""

_NO_MEMORY = ("DefaultCPUAllocator", "can't allocate memory", "not enough memory")


@contextmanager
def network_faults(sentence: str, hint: str) -> Iterator[None]:
    """Turn what a network raises inside into one error with its own words.

    Parameters
    ----------
    sentence : str
        What failed, without a full stop: "tiny failed on a clip of shape (1, 3, 8, 64, 64)".
    hint : str
        What to do about it.

    Raises
    ------
    AttributionError
        For any exception, ends of the program included. Errors of the engine, a cancel, and a
        GPU's lack of memory, which smaller batches mend, pass as they are.
    """
    try:
        with exits_as_errors(), device_faults():
            yield
    except NOT_THEIRS:
        raise
    except Exception as error:
        if is_memory(error):
            raise AttributionError(
                f"{sentence}: the memory ran out.",
                "Close other programs, or choose a smaller model or clip.",
            ) from error
        raise AttributionError(f"{sentence}: {described(error)}.", hint) from error


def is_memory(error: BaseException) -> bool:
    """Tell whether an exception means that the memory of the computer ran out."""
    return isinstance(error, MemoryError) or any(text in str(error) for text in _NO_MEMORY)
