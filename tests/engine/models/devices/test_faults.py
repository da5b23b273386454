from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.attribution import attribute
from engine.attribution.motion_usage import motion_use
from engine.errors import AttributionError, DeviceError, ModelError
from engine.models.devices.choice import move
from engine.models.devices.faults import device_faults
from tests.engine.attribution.plain import model_of, random_clip

FULL = (
    "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "CUDA error: out of memory\nCUDA kernel errors might be reported later",
    "MPS backend out of memory (MPS allocated: 1 GB)",
)
GONE = (
    "CUDA error: device-side assert triggered\nmore",
    "CUDA error: unspecified launch failure\nmore",
    "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
    "CUDA error: an illegal memory access was encountered",
)


class Failing(nn.Module):
    """A network on a device that says something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        raise RuntimeError(self.text)


@pytest.mark.parametrize("text", FULL)
def test_device_faults_know_full_memory_by_the_words_of_any_library(text: str) -> None:
    with pytest.raises(torch.OutOfMemoryError), device_faults():
        raise RuntimeError(text)


@pytest.mark.parametrize("text", GONE)
def test_a_device_that_is_gone_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(DeviceError, match="stopped working") as caught:
        attribute(model_of(Failing(text)), random_clip(), 0, "gradient")
    assert "\n" not in str(caught.value)
    assert "doctor" in caught.value.hint


@pytest.mark.parametrize("text", FULL)
def test_attribute_tells_of_full_memory_as_of_torchs_own(text: str) -> None:
    with pytest.raises(AttributionError, match="memory ran out"):
        attribute(model_of(Failing(text)), random_clip(), 0, "gradient")


def test_motion_use_tells_that_a_single_clip_does_not_fit() -> None:
    with pytest.raises(AttributionError, match="memory of cpu is too small"):
        motion_use(model_of(Failing(FULL[0])), random_clip(), 0)


def test_device_faults_leave_a_networks_own_errors_alone() -> None:
    with pytest.raises(RuntimeError, match="mine"), device_faults():
        raise RuntimeError("mine")


@pytest.mark.parametrize(("text", "kind"), [(FULL[2], ModelError), (GONE[1], DeviceError)])
def test_move_tells_of_a_device_that_takes_nothing(
    text: str, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = nn.Linear(1, 1)

    def fail(_: object) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(module, "to", fail)
    with pytest.raises(kind):
        move(module, torch.device("cpu"), "small")
