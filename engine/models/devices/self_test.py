"""The self-test of a device: each kind of layer, forward and backward, against float64."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.models.devices.kernels import KERNELS, Kernel, fingerprint, start_of
from engine.models.devices.precisions import PRECISIONS, Precision, float32_products

_FINGERPRINT = 1e-8  # of sums of 1e-5 to 1e-1, which float64 gives to 1e-15
_PEAK = 10  # times the error allowed on average is allowed to a single value
_LARGE = "large"
_FAILED = "it failed"
_NO_KERNEL = re.compile("not support|only supported|unsupported|not implemented", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LayerResult:
    """Errors of a layer.

    Attributes
    ----------
    layer : str
    forward, backward : float
        Relative L2 error of the output, and of the gradient by the input, or a tenth of the
        largest error of a value in units of their root mean square; -1 where nothing came out.
    fault : str
        Sentence part on what is wrong; empty if nothing is, or the device has no such kernel.
    """

    layer: str
    forward: float
    backward: float
    fault: str = ""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Errors of all layers in a precision.

    Attributes
    ----------
    precision : str
        "float32", "tf32", "bf16" or "fp16".
    layers : tuple of LayerResult
    seconds : float
    """

    precision: Precision
    layers: tuple[LayerResult, ...]
    seconds: float

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, empty if the precision can be trusted."""
        return tuple(f"{one.layer}: {one.fault}" for one in self.layers if one.fault)

    @property
    def ran(self) -> bool:
        """Whether every layer ended in numbers: what stops one may be gone the next time."""
        return not any(one.fault.startswith(_FAILED) for one in self.layers)

    @property
    def worst(self) -> float:
        """Largest error of all."""
        return max(max(one.forward, one.backward) for one in self.layers)


def self_test(device: torch.device, precision: Precision = "float32") -> SelfTest:
    """Compute every layer on a device and compare it with float64 on the CPU.

    Parameters
    ----------
    device : torch.device
        On the CPU the largest layer is left out, which is for kernels that tile.
    precision : str
        One of `PRECISIONS`.

    Raises
    ------
    torch.OutOfMemoryError
        If the device has no room for a megabyte.
    """
    began = time.perf_counter()
    chosen = [one for one in KERNELS if device.type != "cpu" or _LARGE not in one.name]
    with _plain_torch(), float32_products(rounded=precision == "tf32"):
        layers = tuple(_result(kernel, device, precision) for kernel in chosen)
    return SelfTest(precision, layers, time.perf_counter() - began)


def _result(kernel: Kernel, device: torch.device, precision: Precision) -> LayerResult:
    """Return the errors of a layer, or the error that it raised."""
    card = PRECISIONS[precision]
    try:
        exact = _computed(kernel, torch.device("cpu"), card.dtype, torch.float64)
        if card.dtype == torch.float32 and not _is_known(kernel, exact):
            return LayerResult(kernel.name, -1, -1, "float64 on the CPU is wrong itself")
        made = _computed(kernel, device, card.dtype, card.dtype)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        first = str(error).strip().partition("\n")[0]
        if isinstance(error, NotImplementedError) or _NO_KERNEL.search(first):
            return LayerResult(kernel.name, -1, -1)  # a network with this layer says so itself
        return LayerResult(kernel.name, -1, -1, f"{_FAILED} ({first})")
    forward, backward = (_error(*pair) for pair in zip(made, exact, strict=True))
    fault = _fault(forward, backward, card.error)
    return LayerResult(kernel.name, _finite(forward), _finite(backward), fault)


def _computed(
    kernel: Kernel, device: torch.device, rounded: torch.dtype, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Return output and gradient, float64 on the CPU, of values rounded to a type before."""

    def given(values: Tensor) -> Tensor:
        return values.to(rounded).to(device, dtype)

    module = kernel.module().to(rounded).to(device, dtype)
    leaf = given(kernel.values()).requires_grad_()
    output = module(leaf)
    (gradient,) = torch.autograd.grad(output, leaf, given(start_of(output)))
    return output.detach().cpu().double(), gradient.cpu().double()


def _is_known(kernel: Kernel, exact: tuple[Tensor, Tensor]) -> bool:
    pairs = zip(exact, kernel.known, strict=True)
    return all(abs(fingerprint(values) - known) < _FINGERPRINT for values, known in pairs)


def _error(made: Tensor, exact: Tensor) -> float:
    """Return the relative L2 error, or the largest one of a value where that tells more."""
    if made.shape != exact.shape:
        return math.inf
    off, size = made - exact, float(exact.square().mean().sqrt())
    error = max(float(off.square().mean().sqrt()), float(off.abs().max()) / _PEAK) / size
    return error if math.isfinite(error) else math.inf


def _fault(forward: float, backward: float, allowed: float) -> str:
    wrong = {"forward": forward, "backward": backward}
    told = [f"{name} {error:.1e}" for name, error in wrong.items() if not error <= allowed]
    return f"error {' and '.join(told)}, {allowed:.0e} is allowed" if told else ""


def _finite(error: float) -> float:
    return error if math.isfinite(error) else -1


@contextmanager
def _plain_torch() -> Iterator[None]:
    """Gradients on, autocast off and any algorithm, whatever the caller's settings are."""
    strict = torch.are_deterministic_algorithms_enabled()
    warned = torch.is_deterministic_algorithms_warn_only_enabled()
    cpu, cuda = (torch.autocast(kind, enabled=False) for kind in ("cpu", "cuda"))
    torch.use_deterministic_algorithms(False)  # some layers have none on CUDA, and refuse
    try:
        with torch.inference_mode(False), torch.enable_grad(), cpu, cuda:
            yield
    finally:
        torch.use_deterministic_algorithms(strict, warn_only=warned)
