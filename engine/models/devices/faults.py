"""What a device says when its memory is full or it is gone, in one form for all libraries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from engine.errors import AttributionError, DeviceError

_FULL = ("_ALLOC_FAILED", "_ALLOCATION_FAILED", "error: out of memory", "backend out of memory")
_GONE = ("CUDA error", "_EXECUTION_FAILED", "_INTERNAL_ERROR", "CUDA driver error")


@contextmanager
def device_faults() -> Iterator[None]:
    """Tell full and lost devices apart from the errors of a network inside.

    Raises
    ------
    torch.OutOfMemoryError
        If a library of the device had no memory, which some tell by a plain RuntimeError.
    DeviceError
        If the device stopped working.
    """
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        told = _told(error)
        if told is None:
            raise
        raise told from error


@contextmanager
def memory_told(device: torch.device) -> Iterator[None]:
    """Turn the last word on a device's memory into a sentence: where nothing is left to halve.

    Raises
    ------
    AttributionError
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise AttributionError(
            f"The memory of {device} is too small for a single clip.",
            "Close other programs that use it, choose a smaller model, or the device cpu.",
        ) from error


def _told(error: RuntimeError) -> RuntimeError | DeviceError | None:
    """Return what an error says of the device, None for all others."""
    text = str(error)
    first = text.strip().partition("\n")[0].rstrip(".")
    if any(part in text for part in _FULL):
        return torch.OutOfMemoryError(first)
    if isinstance(error, torch.AcceleratorError) or any(part in text for part in _GONE):
        return DeviceError(
            f"The device stopped working ({first}).",
            "Start the program anew; if it comes again, choose the device cpu. "
            "'motion-inspector doctor' tests the device.",
        )
    return None
