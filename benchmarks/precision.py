"""Cheapest precision of each method: float32, TF32 or bf16, by the error of its maps.

The reference is float64 on the CPU; the error is relative L2. Without a GPU, TF32 is done by hand:
the factors of convolutions and matrix products, forward and backward, are rounded to 10 bits.
Networks have random weights and warmed-up BatchNorm, but for the bundled one.

``python -m benchmarks.precision [--device cpu] [--networks A,B] [--methods A,B] [--size PX]``
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks import peers
from engine.attribution import attribute
from engine.errors import EngineError
from engine.models import load_model
from engine.models.devices.precisions import float32_products
from engine.models.loaders.sources import find_network
from engine.models.model import Clip, VideoModel
from engine.types import Float32Array
from engine.video import open_video
from resources import resource_path
from tests.engine.networks import warmed_up

LIMIT = 1e-3
NETWORKS = (
    *("figures", "r3d_18", "mc3_18", "r2plus1d_18", "resnet3d_18", "x3d_xs", "shufflenet3d"),
    *("mobilenet3d", "tsm_resnet50"),
)
OPTIONS: dict[str, dict[str, Any]] = {
    "integrated_gradients": {"steps": 4},
    "smooth_grad": {"samples": 2},
    "rise": {"samples": 16},
    "occlusion": {"box_frames": 8, "box_px": 28, "stride_frames": 8, "stride_px": 28},
    "temporal_mask": {"samples": 8},
}
METHODS = (
    *("lrp", "deep_taylor", "lrp_epsilon_gamma_box", "excitation_backprop", "gradient"),
    *("input_x_gradient", "guided_backprop", "integrated_gradients", "smooth_grad", "grad_cam"),
    *("layer_cam", "rise", "occlusion"),
)
_FACTORS = {
    torch.ops.aten.convolution.default: (0, 1),
    torch.ops.aten.convolution_backward.default: (0, 1, 2),
    torch.ops.aten.addmm.default: (1, 2),
    torch.ops.aten.mm.default: (0, 1),
    torch.ops.aten.bmm.default: (0, 1),
    torch.ops.aten.baddbmm.default: (1, 2),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Errors of a method on a network, and the seconds of float32.

    Attributes
    ----------
    network, method : str
    errors : dict of str to float
        Relative L2 to float64, by precision; nan where it cannot be computed.
    seconds : float
    """

    network: str
    method: str
    errors: dict[str, float]
    seconds: float

    @property
    def cheapest(self) -> str:
        """Cheapest precision below the limit, or "none"."""
        order = ("bf16", "tf32", "float32")
        return next((name for name in order if self.errors.get(name, np.inf) < LIMIT), "none")


class RoundedFactors(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Rounds the factors of convolutions and products to 10 bits, as TF32 does."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        places = _FACTORS.get(func, ())
        args = tuple(rounded(a) if n in places else a for n, a in enumerate(args))
        return func(*args, **(kwargs or {}))


def rounded(values: Tensor) -> Tensor:
    """Return float32 values with the 10 bits of mantissa that TF32 keeps, rounded to nearest."""
    if values.dtype != torch.float32:
        return values
    bits = values.contiguous().view(torch.int32)
    return ((bits + (1 << 12)) & ~((1 << 13) - 1)).view(torch.float32)


def case_of(name: str, size: int) -> tuple[VideoModel, Clip]:
    """Return a network and a clip on the CPU."""
    if name == "figures":
        model = load_model(name, device="cpu")
        with resource_path("demo.mp4") as path, open_video(path) as video:
            return model, model.preprocess(np.stack([video[index] for index in range(16)]))
    spec = find_network(name).spec
    spec = replace(spec, resize=(size, size), crop=(size, size))
    model = VideoModel(spec, warmed_up(name).requires_grad_(False), torch.device("cpu"))
    return model, peers.noise(model)


def rows_of(name: str, methods: tuple[str, ...], device: torch.device, size: int) -> Iterator[Row]:
    """Measure each method on one network."""
    model, clip = case_of(name, size)
    exact = replace(model, module=copy.deepcopy(model.module).double())
    for method in methods:
        yield _row(model, exact, clip, method, device)


def _row(
    model: VideoModel, exact: VideoModel, clip: Clip, method: str, device: torch.device
) -> Row:
    options = OPTIONS.get(method, {})
    reference = attribute(exact, clip, None, method, **options)

    def relevance(other: VideoModel) -> Float32Array:
        return attribute(other, clip, reference.target, method, **options).relevance

    errors, seconds = {}, 0.0
    for precision, (prepared, context) in _precisions(model, device).items():
        began = time.perf_counter()
        with context():
            errors[precision] = _error(partial(relevance, prepared), reference.relevance)
        seconds = seconds or time.perf_counter() - began
    return Row(model.spec.name, method, errors, seconds)


def _error(make: Callable[[], Float32Array], exact: Float32Array) -> float:
    try:
        return relative_error(make(), exact)
    except (EngineError, RuntimeError):  # a layer that a device has not in that precision
        return float("nan")


def relative_error(made: Float32Array, exact: Float32Array) -> float:
    """Return the relative L2 error of a map, nan where there is nothing to compare with."""
    size = float(np.linalg.norm(exact))
    return float(np.linalg.norm(made - exact)) / size if size else float("nan")


Context = Callable[[], AbstractContextManager[object]]


def _precisions(model: VideoModel, device: torch.device) -> dict[str, tuple[VideoModel, Context]]:
    here = model if device.type == "cpu" else model.copied_to(device)
    half = replace(here, module=copy.deepcopy(here.module).bfloat16())
    if device.type == "cpu":
        return {
            "float32": (here, nullcontext),
            "tf32": (here, RoundedFactors),
            "bf16": (half, nullcontext),
        }
    return {
        "float32": (here, lambda: forced(rounded=False)),
        "tf32": (here, lambda: forced(rounded=True)),
        "bf16": (half, nullcontext),
    }


@contextmanager
def forced(*, rounded: bool) -> Iterator[None]:
    """Explain in TF32 or in float32 on a GPU, whatever the engine would choose."""

    def chosen(_device: torch.device, **_: bool) -> AbstractContextManager[None]:
        return float32_products(rounded=rounded)

    with (
        patch("engine.attribution.attribute_clip.matmul_precision", chosen),
        patch("engine.attribution.attribute_clip.may_round", return_value=False),
    ):
        yield


def main() -> None:
    """Print the table, a row as soon as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--size", type=int, default=56)
    options = parser.parse_args()
    device = torch.device(options.device)
    for name in options.networks.split(","):
        for row in rows_of(name, tuple(options.methods.split(",")), device, options.size):
            told = "  ".join(f"{key} {value:.1e}" for key, value in row.errors.items())
            print(f"{row.network:14} {row.method:24} {told}  {row.cheapest}", flush=True)


if __name__ == "__main__":
    main()
