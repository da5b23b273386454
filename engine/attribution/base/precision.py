"""Faster arithmetic on a GPU, where it is proven to leave maps as they are.

TensorFloat-32 keeps 10 bits of the factors of convolutions and matrix products, and sums them in
float32. It is used where the self-test of the device trusts it, the method allows it (the gradient
family never: a ReLU near zero that flips takes a whole gradient with it), and the first maps made
with it agree with those of float32: see `engine.attribution.attribute_clip` and docs/gpu.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from engine.models.devices.precisions import float32_products
from engine.models.devices.proof import is_proven
from engine.types import Float32Array

MAP_ERROR = 5e-4
"""Largest relative L2 error that faster arithmetic may make of the first map.

Half of the 1e-3 that is promised of every map, as clips differ.
"""


@contextmanager
def matmul_precision(device: torch.device, *, rounded: bool) -> Iterator[None]:
    """Compute in TensorFloat-32 or full float32 on CUDA inside, as the user set it outside.

    Parameters
    ----------
    device : torch.device
        Other kinds than CUDA are left alone.
    rounded : bool
        Whether factors may be rounded to 10 bits. They are not where the self-test of the device
        refuses it.
    """
    if device.type != "cuda":
        yield
        return
    with float32_products(rounded=rounded and may_round(device)):
        yield


def may_round(device: torch.device) -> bool:
    """Return whether a device has TensorFloat-32, and its self-test trusts it."""
    return device.type == "cuda" and is_proven(device, "tf32")


def is_same_map(rounded: Float32Array, exact: Float32Array) -> bool:
    """Return whether a map made by rounded arithmetic is as good as one of float32."""
    error = np.linalg.norm((rounded - exact).astype(np.float64))
    return bool(error < MAP_ERROR * np.linalg.norm(exact.astype(np.float64)))
