"""Precisions that networks are computed in, with the settings of torch for each."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch

Precision = Literal["float32", "tf32", "bf16", "fp16"]


@dataclass(frozen=True, slots=True)
class PrecisionCard:
    """A precision and how far its results may be from float64.

    Attributes
    ----------
    dtype : torch.dtype
        Of the tensors.
    error : float
        Largest relative L2 error of a layer: five to ten times what rounding makes of it.
    """

    dtype: torch.dtype
    error: float


PRECISIONS: dict[Precision, PrecisionCard] = {
    "float32": PrecisionCard(torch.float32, 1e-4),
    "tf32": PrecisionCard(torch.float32, 3e-3),
    "bf16": PrecisionCard(torch.bfloat16, 1.5e-2),
    "fp16": PrecisionCard(torch.float16, 5e-3),
}


class _Products:
    """The setting of torch for products of float32, which all threads share.

    It is the user's while nobody holds it. Of several holders the most exact one decides.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = {"tf32": 0, "ieee": 0}
        self._before: list[str] = []

    @contextmanager
    def held(self, setting: Literal["tf32", "ieee"]) -> Iterator[None]:
        """Compute so inside."""
        self._change(setting, 1)
        try:
            yield
        finally:
            self._change(setting, -1)

    def _change(self, setting: str, step: int) -> None:
        with self._lock:
            if not any(self._holders.values()):
                self._before = [backend.fp32_precision for backend in _backends()]
            self._holders[setting] += step
            exact, rounded = self._holders["ieee"], self._holders["tf32"]
            now = "ieee" if exact else "tf32"
            for backend, before in zip(_backends(), self._before, strict=True):
                backend.fp32_precision = now if exact or rounded else before


def _backends() -> tuple[Any, ...]:
    """Return the settings of matrix products, convolutions and recurrent layers on CUDA."""
    cudnn: Any = torch.backends.cudnn
    return torch.backends.cuda.matmul, cudnn.conv, cudnn.rnn


_PRODUCTS = _Products()


@contextmanager
def float32_products(*, rounded: bool) -> Iterator[None]:
    """Compute products of float32 on CUDA in TF32 or in full inside, as before outside.

    Parameters
    ----------
    rounded : bool
        Whether factors are rounded to 10 bits (TF32). Where another thread asks for full float32
        at the same time, both get that.
    """
    with _PRODUCTS.held("tf32" if rounded else "ieee"):
        yield
