from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from engine.cancel import Cancelled
from engine.descriptions import Finding
from engine.model_check.families import family_findings
from tests.engine.attribution.nets import Net, conv
from tests.engine.attribution.plain import model_of, random_clip


def found_in(network: nn.Module, closed: str = "") -> dict[str, Finding]:
    model = replace(model_of(network), closed=closed)
    return {finding.check: finding for finding in family_findings(model, random_clip())}


def network(body: Callable[[Net, Tensor], Tensor]) -> Net:
    return Net(body, first=conv(3))


def test_family_findings_try_every_family() -> None:
    found = found_in(network(lambda net, clip: torch.relu(net.first(clip))))
    assert list(found) == ["LRP", "gradient", "CAM", "perturbation"]
    assert {finding.level for finding in found.values()} == {"pass"}
    assert "100.00% of the score" in found["LRP"].text
    assert "maps of 8 x 8 places, 4 in time" in found["CAM"].text


def test_family_findings_name_the_operation_and_its_line() -> None:
    found = found_in(network(lambda net, clip: torch.sin(net.first(clip))))
    line = test_family_findings_name_the_operation_and_its_line.__code__.co_firstlineno + 1
    assert found["LRP"].level == "fail"
    assert f"torch.sin (in Net, test_families.py:{line})" in found["LRP"].text
    assert found["gradient"].level == "pass"


class NoWayBack(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, values: Tensor) -> Tensor:
        return values * 1

    @staticmethod
    def backward(ctx: object, *back: Tensor) -> Tensor:
        raise NotImplementedError("no backward here")


def test_family_findings_give_the_network_s_own_error() -> None:
    found = found_in(network(lambda net, clip: NoWayBack.apply(net.first(clip))))
    assert "no backward here" in found["gradient"].text
    assert {found[name].level for name in ("gradient", "CAM")} == {"warn"}
    assert found["perturbation"].level == "pass"


def test_family_findings_of_a_closed_network_are_no_failures() -> None:
    found = found_in(network(lambda net, clip: net.first(clip)), closed="a TorchScript file")
    assert found["LRP"].level == found["CAM"].level == "warn"
    assert "closed" in found["LRP"].text


def test_family_findings_can_be_cancelled() -> None:
    def stop() -> None:
        raise Cancelled

    model = model_of(network(lambda net, clip: net.first(clip)))
    with pytest.raises(Cancelled):
        list(family_findings(model, random_clip(), stop))
