from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from engine.attribution import attribute
from engine.errors import ModelError
from engine.models import load_model
from engine.models.devices import guard
from engine.models.devices.guard import guarded, usable_device
from engine.types import SELF_TEST
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import model_of, random_clip
from tests.engine.models.devices.faults import Faulty, of_type
from tests.engine.models.devices.test_proof import by_the_library

pytestmark = pytest.mark.usefixtures("untested")


def test_guarded_leaves_models_alone_where_all_is_right() -> None:
    model = model_of(built("+="))
    same = guarded(model)
    assert (same.module, same.notices) == (model.module, ())


def test_guarded_tells_of_a_library_that_is_off_with_every_map() -> None:
    with Faulty(by_the_library):
        model = guarded(model_of(built("+=")))
    (notice,) = model.notices
    assert notice.startswith(f"{SELF_TEST} oneDNN computes wrong")
    assert notice in attribute(model, random_clip(), 0, "gradient").notices


def test_load_model_refuses_a_device_that_computes_wrong() -> None:
    with (
        Faulty(of_type(torch.float32, "convolution")),
        pytest.raises(ModelError, match="cpu computes wrong: conv3d") as caught,
    ):
        load_model("figures", device="cpu")
    assert "doctor" in caught.value.hint


def test_guarded_computes_half_precision_in_float32_where_it_is_wrong() -> None:
    model = model_of(built("+=").bfloat16())
    with Faulty(of_type(torch.bfloat16)):
        mended = guarded(model)
    assert {part.dtype for part in mended.module.parameters()} == {torch.float32}
    assert f"{SELF_TEST} bfloat16 is not used" in mended.notices[0]


def test_guarded_keeps_half_precision_that_is_right() -> None:
    mended = guarded(model_of(built("+=").bfloat16()))
    assert {part.dtype for part in mended.module.parameters()} == {torch.bfloat16}
    assert mended.notices == ()


@pytest.mark.parametrize("name", ["auto", "mps"])
def test_usable_device_takes_the_cpu_for_auto_alone(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "resolve_device", lambda _: torch.device("mps"))
    verdict = replace(guard.judged(torch.device("cpu"), "float32"), refusal="conv3d: error")
    monkeypatch.setattr(guard, "judged", lambda *_: verdict)
    device, notices = usable_device(name)
    assert device.type == ("cpu" if name == "auto" else "mps")
    assert len(notices) == (name == "auto")


def test_guarded_tells_that_a_card_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("full")

    monkeypatch.setattr(guard, "judged", full)
    with pytest.raises(ModelError, match="no free memory"):
        guarded(model_of(built("+=")))
