from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.attribution import attribute
from engine.attribution.base.dropout import NOTICE, DropoutHeld
from tests.engine.attribution.nets import Net, conv
from tests.engine.attribution.plain import model_of, random_clip

ON: dict[str, Callable[[Tensor], Tensor]] = {
    "by default": lambda x: F.dropout(x, 0.5),
    "by position": lambda x: F.dropout(x, 0.5, True),
    "by name": lambda x: F.dropout3d(x, p=0.5, training=True),
    "alpha": lambda x: F.alpha_dropout(x, 0.5, training=True),
    "torch": lambda x: torch.dropout(x, 0.5, True),
    "attention": lambda x: F.scaled_dot_product_attention(x, x, x, dropout_p=0.5),
}


@pytest.mark.parametrize("kind", ON)
def test_dropout_is_held_off_and_noticed(kind: str) -> None:
    values = torch.randn(1, 4, 6, 8, 8)
    with DropoutHeld() as held:
        once, again = ON[kind](values), ON[kind](values)
    assert held.met
    assert torch.equal(once, again)


@pytest.mark.parametrize(
    "call", [lambda x: F.dropout(x, 0.5, False), lambda x: F.alpha_dropout(x, 0.5)]
)
def test_dropout_that_is_off_is_not_noticed(call: Callable[[Tensor], Tensor]) -> None:
    values = torch.randn(2, 3)
    with DropoutHeld() as held:
        assert torch.equal(call(values), values)
    assert not held.met


@pytest.mark.parametrize("method", ["lrp", "gradient"])
def test_network_with_dropout_left_on_is_explained_without_it(method: str) -> None:
    def dropping(net: Net, clip: Tensor) -> Tensor:
        return F.relu(net.first(F.dropout(clip, 0.5)))

    torch.manual_seed(0)
    left_on = model_of(Net(dropping, first=conv(3)))
    off = model_of(Net(lambda net, clip: F.relu(net.first(clip)), first=conv(3)))
    off.module.load_state_dict(left_on.module.state_dict())
    found, wanted = (attribute(model, random_clip(), 1, method) for model in (left_on, off))
    assert (found.relevance == wanted.relevance).all()
    assert NOTICE in found.notices
