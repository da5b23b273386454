"""Faster arithmetic on a GPU, where it does not change what is seen.

TensorFloat-32 keeps 10 bits of the factors of convolutions and matrix products, and sums them in
float32. Rounded so on the bundled network and clip, maps differ from those in float64 by 2e-4 to
3e-4 (LRP), 1e-4 (class activation maps) and 6e-4 (RISE), but by 1.7e-2 for the gradient:
a ReLU near zero that flips takes a whole gradient with it. So the gradient family computes in
full float32 (tests/engine/attribution/base/test_precision.py does the rounding by hand).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def matmul_precision(device: torch.device, *, rounded: bool) -> Iterator[None]:
    """Compute in TensorFloat-32 or full float32 on CUDA inside, as the user set it outside.

    Parameters
    ----------
    device : torch.device
        Other kinds than CUDA are left alone.
    rounded : bool
        Whether factors may be rounded to 10 bits.
    """
    if device.type != "cuda":
        yield
        return
    backends = (torch.backends.cuda.matmul, torch.backends.cudnn.conv)  # type: ignore[attr-defined]
    before = [backend.fp32_precision for backend in backends]
    try:
        for backend in backends:
            backend.fp32_precision = "tf32" if rounded else "ieee"
        yield
    finally:
        for backend, precision in zip(backends, before, strict=True):
            backend.fp32_precision = precision
