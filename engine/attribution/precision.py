"""Faster arithmetic on a GPU, where it does not change what is seen.

TensorFloat-32 keeps 10 bits of the factors of convolutions and matrix products, and sums them in
float32. Rounded so, the maps of the bundled network stay within 1e-2 of those in float64
(tests/engine/attribution/test_precision.py does the rounding by hand).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def fast_arithmetic(device: torch.device) -> Iterator[None]:
    """TensorFloat-32 on CUDA inside; the user's settings outside, and on every other device."""
    if device.type != "cuda":
        yield
        return
    backends = (torch.backends.cuda.matmul, torch.backends.cudnn.conv)  # type: ignore[attr-defined]
    before = [backend.fp32_precision for backend in backends]
    try:
        for backend in backends:
            backend.fp32_precision = "tf32"
        yield
    finally:
        for backend, precision in zip(backends, before, strict=True):
            backend.fp32_precision = precision
