from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from engine.attribution import attribute
from engine.attribution.base.precision import matmul_precision
from engine.models import load_model
from resources import resource_path

CONVOLUTIONS = (torch.conv3d, torch.nn.functional.linear)


def rounded(values: Tensor) -> Tensor:
    """Values with the 10 bits of mantissa that TensorFloat-32 keeps, rounded to nearest."""
    bits = values.detach().contiguous().view(torch.int32)
    return ((bits + (1 << 12)) & ~((1 << 13) - 1)).view(torch.float32)


class TensorFloat32(TorchFunctionMode):
    """Rounds the factors of convolutions and matrix products, as the hardware does."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if func in CONVOLUTIONS:
            args = (args[0] + (rounded(args[0]) - args[0].detach()), rounded(args[1]), *args[2:])
        return func(*args, **(kwargs or {}))


@contextmanager
def as_tensor_float(_device: torch.device, *, rounded: bool) -> Iterator[None]:
    if not rounded:
        yield
        return
    with TensorFloat32():
        yield


@pytest.mark.parametrize(
    "method", ["lrp", "deep_taylor", "lrp_epsilon_gamma_box", "gradient", "grad_cam"]
)
def test_tensor_float_keeps_maps_within_a_hundredth(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model("figures", device="cpu")
    with resource_path("demo.mp4") as path:
        from engine.video import open_video

        with open_video(path) as video:
            clip = model.preprocess(np.stack([video[index] for index in range(16)]))
    target = attribute(model, clip, None, method).target
    monkeypatch.setattr("engine.attribution.attribute_clip.matmul_precision", as_tensor_float)
    fast = attribute(model, clip, target, method).relevance
    monkeypatch.undo()
    model.module.double()
    exact = attribute(model, clip, target, method).relevance
    error = np.linalg.norm(fast - exact) / np.linalg.norm(exact)
    assert 1e-8 < error < 1e-2


def test_matmul_precision_leaves_the_cpu_alone() -> None:
    before = torch.backends.cuda.matmul.fp32_precision
    with matmul_precision(torch.device("cpu"), rounded=True):
        assert torch.backends.cuda.matmul.fp32_precision == before


@pytest.mark.parametrize(("rounded", "wanted"), [(True, "tf32"), (False, "ieee")])
def test_arithmetic_puts_back_what_it_found(rounded: bool, wanted: str) -> None:
    backends = (torch.backends.cuda.matmul, torch.backends.cudnn.conv)
    before = [backend.fp32_precision for backend in backends]
    with matmul_precision(torch.device("cuda"), rounded=rounded):
        assert [backend.fp32_precision for backend in backends] == [wanted, wanted]
    assert [backend.fp32_precision for backend in backends] == before
