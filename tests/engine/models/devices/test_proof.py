from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from engine.models.devices import proof
from engine.models.devices.precisions import Precision
from engine.models.devices.proof import is_proven, judged
from engine.models.devices.remembered import recall, remember
from engine.models.devices.self_test import LayerResult, SelfTest
from tests.engine.models.devices.faults import Faulty, of_type

CPU = torch.device("cpu")
RIGHT = SelfTest("float32", (LayerResult("conv3d", 1e-7, 1e-7),), 0.1)

pytestmark = pytest.mark.usefixtures("untested")


def by_the_library(name: str, values: Tensor) -> bool:
    return name == "convolution" and values.dtype == torch.float32 and torch.backends.mkldnn.enabled


def in_tf32(name: str, values: Tensor) -> bool:
    rounded = torch.backends.cudnn.conv.fp32_precision == "tf32"
    return name == "convolution_backward" and values.dtype == torch.float32 and rounded


def refuse_to_test(*_: object) -> SelfTest:
    raise AssertionError("it was tested again")


def test_judged_trusts_what_is_right_and_switches_nothing_off() -> None:
    verdict = judged(CPU, "float32")
    assert (verdict.refusal, verdict.switched_off) == ("", "")
    assert torch.backends.mkldnn.enabled


def test_judged_switches_the_library_off_that_computes_wrong() -> None:
    with Faulty(by_the_library):
        verdict = judged(CPU, "float32")
    assert "oneDNN computes wrong (conv3d: error forward" in verdict.switched_off
    assert verdict.refusal == ""
    assert not torch.backends.mkldnn.enabled


def test_judged_refuses_a_device_that_no_switch_mends() -> None:
    with Faulty(of_type(torch.float32, "convolution")):
        verdict = judged(CPU, "float32")
    assert verdict.refusal.startswith("conv3d: error forward")
    assert torch.backends.mkldnn.enabled


def test_judged_refuses_a_precision_and_leaves_float32() -> None:
    with Faulty(in_tf32):
        assert "error backward" in judged(CPU, "tf32").refusal
        assert not is_proven(CPU, "tf32")
        assert is_proven(CPU, "float32")


def test_judged_is_remembered_by_this_process_and_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with Faulty(by_the_library):
        judged(CPU, "float32")
    torch.backends.mkldnn.enabled = True
    monkeypatch.setattr(proof, "self_test", refuse_to_test)
    assert judged(CPU, "float32").switched_off
    monkeypatch.setattr(proof, "_VERDICTS", {})
    assert judged(CPU, "float32").switched_off
    assert not torch.backends.mkldnn.enabled


def test_judged_anew_forgets_what_was_remembered() -> None:
    with Faulty(by_the_library):
        assert judged(CPU, "float32").switched_off
    assert judged(CPU, "float32", anew=True).switched_off == ""
    assert torch.backends.mkldnn.enabled


def test_judged_does_not_remember_what_could_not_be_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = replace(RIGHT, layers=(LayerResult("conv3d", -1, -1, "it failed (gone)"),))
    monkeypatch.setattr(proof, "self_test", lambda *_: failed)
    assert judged(CPU, "float32").refusal == "conv3d: it failed (gone)"
    monkeypatch.setattr(proof, "_VERDICTS", {})
    monkeypatch.setattr(proof, "self_test", lambda *_: RIGHT)
    assert is_proven(CPU, "float32")


@pytest.mark.parametrize(
    ("version", "trusted"),
    [(90701, True), (90800, False), (91500, False), (91501, True), (0, True)],
)
@pytest.mark.parametrize("precision", ["tf32", "bf16", "fp16"])
def test_judged_refuses_versions_of_cudnn_known_to_be_wrong(
    precision: Precision, version: int, trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "cudnn_version", lambda: version)
    monkeypatch.setattr(proof, "self_test_key", str)
    monkeypatch.setattr(proof, "self_test", lambda _, name: replace(RIGHT, precision=name))
    card = torch.device("cuda", 0)
    assert is_proven(card, precision) == trusted
    assert is_proven(card, "float32")


def test_remembered_tests_survive_a_broken_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.models.devices import remembered

    remember("card", RIGHT)
    assert recall("card", "float32") == RIGHT
    assert recall("card", "tf32") is recall("other", "float32") is None
    remembered._path().write_text("{")
    assert recall("card", "float32") is None
    remember("card", RIGHT)
    assert recall("card", "float32") == RIGHT
