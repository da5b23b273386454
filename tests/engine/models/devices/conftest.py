from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from engine.models.devices import proof, self_test
from engine.models.devices.kernels import KERNELS

FEW = ("conv3d", "linear", "LSTM")


@pytest.fixture
def untested(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Devices of which nothing is known yet, tested by a few layers, and oneDNN back on."""
    monkeypatch.setattr(proof, "_VERDICTS", {})
    few = tuple(kernel for kernel in KERNELS if kernel.name in FEW)
    monkeypatch.setattr(self_test, "KERNELS", few)
    before = torch.backends.mkldnn.enabled
    yield
    torch.backends.mkldnn.enabled = before
