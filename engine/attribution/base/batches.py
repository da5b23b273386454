"""Many passes over a model in batches that fit the memory."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from engine.attribution.base.explained_model import ExplainedModel
from engine.types import Progress

_CPU_BATCH = 4  # more gains nothing there: the cores are busy
_MOST = 64
_MEMORY_SHARE = 0.6  # of what is free; the rest is for what others start meanwhile
_BACKWARD_COST = 4  # a pass with gradients keeps about this many times what one without does


def in_batches(
    explained: ExplainedModel,
    count: int,
    part: Callable[[int, int], Tensor],
    *,
    size: int = 0,
    gradients: bool = False,
) -> Iterator[Tensor]:
    """Do passes 0 to ``count`` in batches, and halve one that does not fit the memory.

    Parameters
    ----------
    explained : ExplainedModel
        It reports the progress, and its ``check`` is called before each batch.
    count : int
        Passes in all.
    part : callable
        Does passes ``first`` to ``last`` (not included).
    size : int
        Passes at once; 0 fits the memory.
    gradients : bool
        Whether the passes keep what gradients need.

    Raises
    ------
    torch.OutOfMemoryError
        If a single pass does not fit.
    """
    size = size or fitting(explained.model.device, explained.pass_bytes, gradients=gradients)
    done = 0
    while done < count:
        explained.check()
        last = min(done + size, count)
        try:
            piece = part(done, last)
        except torch.OutOfMemoryError:
            if size == 1:
                raise
            size = halved(size)
            continue
        done = last
        explained.report(Progress("Explaining", done, count))
        yield piece


def summed(
    explained: ExplainedModel,
    count: int,
    part: Callable[[int, int], Tensor],
    *,
    size: int = 0,
    gradients: bool = False,
) -> Tensor:
    """Sum the results of `in_batches` over at least one pass."""
    pieces = in_batches(explained, count, part, size=size, gradients=gradients)
    return functools.reduce(torch.add, pieces)


def fitting(device: torch.device, pass_bytes: int, *, gradients: bool = False) -> int:
    """Estimate how many clips fit a device at once from the memory of one pass."""
    if device.type != "cuda":
        return 1 if gradients else _CPU_BATCH
    free = free_bytes(device)
    cost = max(pass_bytes, 1) * (_BACKWARD_COST if gradients else 1)
    return max(1, min(_MOST, int(_MEMORY_SHARE * free / cost)))


def halved(size: int) -> int:
    """Release the memory of a failed batch and return half its size."""
    release_memory()
    return max(1, size // 2)


def release_memory() -> None:
    """Give the GPU back what torch holds in reserve."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def free_bytes(device: torch.device) -> int:
    """Memory of a CUDA device that could be had, what torch holds in reserve included."""
    free, _ = torch.cuda.mem_get_info(device)
    return int(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))


def generator_for(seed: int, index: int) -> torch.Generator:
    """Random numbers of one sample: its own, so that batches can be cut anywhere.

    On the CPU, so that they are the same for every device.
    """
    return torch.Generator().manual_seed((seed * 1_000_003 + index) % 2**63)
