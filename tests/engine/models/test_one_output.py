from __future__ import annotations

import pytest

from engine.attribution import attribute
from engine.attribution.base.targets import resolve_target
from engine.models.one_output import both_directions, with_both_directions
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import model_of, random_clip


def test_both_directions_names_the_contrary_of_one_label_alone() -> None:
    assert both_directions(("fight",), None) == ("not fight", "fight")
    assert both_directions(("calm", "fight"), None) == ("calm", "fight")
    assert both_directions((), None) == ()
    assert both_directions(("heart rate",), "none") == ("heart rate",)


def test_with_both_directions_explains_either_way() -> None:
    network = built("in-place relu")
    inner = network.forward
    network.forward = lambda clip: inner(clip)[:, :1]  # type: ignore[method-assign]
    model = with_both_directions(model_of(network, classes=1))
    it = resolve_target(model.spec, model.spec.labels[1])
    assert (resolve_target(model.spec, "not class 0"), it) == (0, 1)
    contrary, own = (attribute(model, random_clip(), target, "gradient") for target in (0, it))
    assert own.explained == pytest.approx(-contrary.explained)
    assert own.logits[1] == pytest.approx(own.explained)
