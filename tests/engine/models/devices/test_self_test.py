from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from engine.models.devices import self_test as module
from engine.models.devices.kernels import KERNELS, Kernel
from engine.models.devices.precisions import PRECISIONS, Precision
from engine.models.devices.self_test import LayerResult, self_test
from tests.engine.models.devices.faults import Damage, Faulty, dented, lost, of_type, scaled

Dtype = torch.dtype
Pair = tuple[torch.Tensor, torch.Tensor]
CPU = torch.device("cpu")
SMALL = [kernel for kernel in KERNELS if "large" not in kernel.name]
BY_NAME = {kernel.name: kernel for kernel in KERNELS}


def result(kernel: Kernel, precision: Precision = "float32") -> LayerResult:
    return module._result(kernel, CPU, precision)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_self_test_trusts_this_processor(precision: Precision) -> None:
    test = self_test(CPU, precision)
    assert test.faults == ()
    assert test.worst < PRECISIONS[precision].error
    assert len(test.layers) == len(KERNELS) - 1  # the large one is for cards


def test_self_test_knows_the_large_layer_too() -> None:
    assert result(BY_NAME["conv3d large"]).fault == ""


@pytest.fixture
def one_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute what is right once."""
    computed, known = module._computed, {}

    def remembered(kernel: Kernel, device: torch.device, rounded: Dtype, dtype: Dtype) -> Pair:
        if dtype != torch.float64:
            return computed(kernel, device, rounded, dtype)
        if (kernel.name, rounded) not in known:
            known[kernel.name, rounded] = computed(kernel, device, rounded, dtype)
        return known[kernel.name, rounded]

    monkeypatch.setattr(module, "_computed", remembered)


@pytest.mark.parametrize(
    ("precision", "damages"), [("float32", (scaled, dented, lost)), ("bf16", (scaled, lost))]
)
@pytest.mark.usefixtures("one_reference")
def test_self_test_refuses_every_faulty_operation(
    precision: Precision, damages: tuple[Damage, ...]
) -> None:
    dtype, injected, missed = PRECISIONS[precision].dtype, 0, []
    for kernel in SMALL:
        with Faulty(of_type(dtype), damage=lambda values: values) as watched:
            if result(kernel, precision).forward < 0:
                continue  # no such kernel on this device
        assert watched.met, kernel.name
        for operation, damage in itertools.product(sorted(watched.met), damages):
            with Faulty(of_type(dtype, operation), damage):
                injected += 1
                if "error" not in result(kernel, precision).fault:
                    missed.append((kernel.name, operation, damage.__name__))
    assert missed == []
    assert injected > 100


def test_self_test_refuses_a_fault_that_the_reference_shares() -> None:
    with Faulty(lambda name, _: name == "convolution"):
        assert "float64 on the CPU" in result(BY_NAME["conv3d"]).fault


def test_self_test_tells_a_layer_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("CUDA error: unspecified launch failure\nmore")

    monkeypatch.setattr(module, "_computed", fail)
    test = self_test(CPU)
    assert not test.ran
    assert test.faults[0] == "conv3d: it failed (CUDA error: unspecified launch failure)"


def test_self_test_leaves_random_numbers_and_settings_alone() -> None:
    torch.manual_seed(3)
    before, settings = torch.get_rng_state(), torch.backends.cudnn.conv.fp32_precision
    numbers = np.random.get_state()[1].copy()
    with torch.inference_mode(), torch.autocast("cpu"):
        assert not self_test(CPU).faults
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(numbers, np.random.get_state()[1])
    assert torch.backends.cudnn.conv.fp32_precision == settings


@pytest.mark.parametrize(
    "error",
    [
        NotImplementedError("avg_pool3d"),
        RuntimeError("ConvTranspose 3D with BF16 or FP16 types is not supported on MPS"),
        RuntimeError("Conv3D is only supported on MPS for MacOS_13_2 or newer"),
    ],
)
def test_self_test_leaves_layers_out_that_a_device_does_not_have(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(module, "_computed", refuse)
    assert result(BY_NAME["conv3d"]) == LayerResult("conv3d", -1, -1)


def test_self_test_runs_where_the_user_wants_deterministic_algorithms() -> None:
    def strict(name: str, _: torch.Tensor) -> bool:
        assert not torch.are_deterministic_algorithms_enabled()
        return False

    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        with Faulty(strict):
            assert not self_test(CPU).faults
        assert torch.is_deterministic_algorithms_warn_only_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


def test_self_test_does_not_mind_other_defaults_of_torch() -> None:
    torch.set_default_dtype(torch.float64)
    try:
        assert not self_test(CPU).faults
    finally:
        torch.set_default_dtype(torch.float32)
