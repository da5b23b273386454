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
from engine.attribution.attribute_clip import Explainer
from engine.attribution.base.precision import matmul_precision
from engine.models import load_model
from engine.models.devices.precisions import float32_products
from resources import resource_path
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import model_of, random_clip

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
def test_arithmetic_puts_back_what_it_found(
    rounded: bool, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.attribution.base.precision.may_round", lambda _: True)
    cudnn = torch.backends.cudnn
    backends = (torch.backends.cuda.matmul, cudnn.conv, cudnn.rnn)
    before = [backend.fp32_precision for backend in backends]
    with matmul_precision(torch.device("cuda"), rounded=rounded):
        assert [backend.fp32_precision for backend in backends] == [wanted] * 3
    assert [backend.fp32_precision for backend in backends] == before


def test_arithmetic_is_exact_where_the_self_test_refuses_to_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.attribution.base.precision.is_proven", lambda *_: False)
    with matmul_precision(torch.device("cuda"), rounded=True):
        assert torch.backends.cudnn.conv.fp32_precision == "ieee"


def test_products_are_as_exact_as_the_most_exact_of_those_who_ask() -> None:
    setting = torch.backends.cudnn.conv
    before = setting.fp32_precision
    rounded, exact = float32_products(rounded=True), float32_products(rounded=False)
    rounded.__enter__()
    exact.__enter__()
    assert setting.fp32_precision == "ieee"
    rounded.__exit__(None, None, None)  # in another order than they came, as threads do
    assert setting.fp32_precision == "ieee"
    exact.__exit__(None, None, None)
    assert setting.fp32_precision == before


@pytest.fixture
def emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU that rounds as TensorFloat-32 does, where it is told to."""
    monkeypatch.setattr("engine.attribution.attribute_clip.matmul_precision", as_tensor_float)
    monkeypatch.setattr("engine.attribution.attribute_clip.may_round", lambda _: True)


@pytest.mark.usefixtures("emulated")
@pytest.mark.parametrize(("method", "limit", "used"), [("lrp", 1e-3, True), ("lrp", 1e-9, False)])
def test_explainer_rounds_after_the_first_clip_if_its_map_stays(
    method: str, limit: float, used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.attribution.base.precision.MAP_ERROR", limit)
    model, clip = model_of(built("+=")), random_clip()
    explainer = Explainer(model, 0, method)
    assert explainer.state() == {}
    (first,) = explainer.explain([clip])
    assert dict(explainer.state()) == {"rounded": used}
    (second,) = explainer.explain([clip])
    monkeypatch.undo()
    exact = attribute(model, clip, 0, method).relevance
    assert np.array_equal(first.relevance, exact)
    assert np.array_equal(second.relevance, exact) != used


@pytest.mark.usefixtures("emulated")
def test_explainer_goes_on_in_the_arithmetic_of_its_state() -> None:
    model, clip = model_of(built("+=")), random_clip()
    whole, resumed = Explainer(model, 0, "lrp"), Explainer(model, 0, "lrp")
    whole.explain([clip])
    resumed.restore(whole.state())
    (one,), (two,) = whole.explain([clip]), resumed.explain([clip])
    assert np.array_equal(one.relevance, two.relevance)


@pytest.mark.usefixtures("emulated")
@pytest.mark.parametrize("method", ["gradient", "rise", "occlusion"])
def test_explainer_never_rounds_where_single_values_decide(method: str) -> None:
    assert dict(Explainer(model_of(built("+=")), 0, method).state()) == {"rounded": False}
