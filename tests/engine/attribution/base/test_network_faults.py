from __future__ import annotations

import pytest
import torch

from engine.attribution import attribute
from engine.attribution.base.network_faults import network_faults
from engine.cancel import Cancelled
from engine.errors import AttributionError, EngineError, ModelError
from engine.evidence import decision_evidence
from engine.utils.foreign_code import described
from tests.engine.attribution.broken_networks import (
    BACKWARDS,
    FORWARDS,
    OUTPUTS,
    Broken,
    OwnError,
    raising,
)
from tests.engine.attribution.plain import model_of, random_clip

pytestmark = pytest.mark.filterwarnings("ignore:Using a non-tuple sequence:UserWarning")  # torch's

METHODS = {"lrp": {}, "gradient": {}, "grad_cam": {}, "occlusion": {"box_px": 8, "stride_px": 8}}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", FORWARDS)
def test_failing_forward_is_told_with_its_line(name: str, method: str) -> None:
    with pytest.raises(
        EngineError, match=r"broken_networks\.py, line \d+|memory|shape|takes a dict"
    ) as caught:
        attribute(model_of(Broken(FORWARDS[name])), random_clip(), 1, method, **METHODS[method])
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert "It expects" not in caught.value.hint  # the clip was so


@pytest.mark.parametrize("name", [*FORWARDS, *OUTPUTS])
def test_failing_network_has_no_evidence(name: str) -> None:
    model = model_of(Broken({**FORWARDS, **OUTPUTS}[name]))
    if name == "constant":
        assert decision_evidence(model, random_clip()).verdict == "cannot tell"
        return
    with pytest.raises(EngineError):
        decision_evidence(model, random_clip())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_that_are_no_logits_are_refused(name: str, method: str) -> None:
    model = model_of(Broken(OUTPUTS[name]))
    if (name, method) == ("constant", "occlusion"):
        assert not attribute(model, random_clip(), 1, method, **METHODS[method]).relevance.any()
        return
    with pytest.raises(EngineError):
        attribute(model, random_clip(), 1, method, **METHODS[method])


@pytest.mark.parametrize("name", BACKWARDS)
def test_failing_backward_is_told_and_perturbation_works(name: str) -> None:
    model = model_of(Broken(BACKWARDS[name]))
    if name != "changed in place":  # which LRP follows
        with pytest.raises(EngineError):
            attribute(model, random_clip(), 1, "lrp")
    if name != "rounded":  # whose gradient is zero, which is no error
        with pytest.raises(EngineError) as caught:
            attribute(model, random_clip(), 1, "gradient")
        assert "occlusion" in caught.value.hint
    assert attribute(model, random_clip(), 1, "occlusion", **METHODS["occlusion"]).relevance.any()


def test_backward_error_names_its_line() -> None:
    model = model_of(Broken(BACKWARDS["custom function"]))
    with pytest.raises(
        AttributionError, match="backward pass of tiny failed: OwnError: no backward"
    ) as caught:
        attribute(model, random_clip(), 1, "gradient")
    assert "broken_networks.py, line" in str(caught.value)


def test_described_shows_the_code_of_an_error_without_words() -> None:
    with pytest.raises(OwnError) as caught:
        raising(OwnError())(Broken(FORWARDS["assert"]), torch.zeros(1))
    assert described(caught.value).endswith(": raise error)")


def test_described_names_no_line_of_torch_or_python() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.nn.Linear(3, 2)(torch.zeros(1, 4))
    assert "test_network_faults.py" in described(caught.value)


@pytest.mark.parametrize("error", [Cancelled(), ModelError("no"), torch.OutOfMemoryError()])
def test_network_faults_lets_what_is_no_fault_pass(error: Exception) -> None:
    with pytest.raises(type(error)), network_faults("it failed", "hint"):
        raise error
