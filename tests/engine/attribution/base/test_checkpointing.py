from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils import checkpoint as torch_checkpoint
from torch.utils.checkpoint import checkpoint

from engine.attribution import attribute
from engine.attribution.base.checkpointing import without_checkpointing
from tests.engine.attribution.nets import Net, conv
from tests.engine.attribution.plain import model_of, random_clip


def plain(net: Net, clip: Tensor) -> Tensor:
    return F.relu(net.second(F.relu(net.first(clip))))


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("method", ["lrp", "gradient", "guided_backprop", "grad_cam"])
def test_checkpointed_network_is_explained_like_a_plain_one(method: str, reentrant: bool) -> None:
    def saving(net: Net, clip: Tensor) -> Tensor:
        features: Tensor = checkpoint(net.first, clip, use_reentrant=reentrant)
        return F.relu(checkpoint(net.second, F.relu(features), use_reentrant=reentrant))

    models = [model_of(Net(body, first=conv(3), second=conv(6))) for body in (saving, plain)]
    models[1].module.load_state_dict(models[0].module.state_dict())
    found, wanted = (attribute(model, random_clip(), 1, method) for model in models)
    assert (found.relevance == wanted.relevance).all()


def test_checkpointing_is_back_after_the_last_one_leaves() -> None:
    theirs = torch_checkpoint.CheckpointFunction
    with without_checkpointing():
        with without_checkpointing():
            assert torch_checkpoint.CheckpointFunction is not theirs
        assert torch_checkpoint.CheckpointFunction is not theirs
    assert torch_checkpoint.CheckpointFunction is theirs
    leaf = torch.ones(2, requires_grad=True)
    checkpoint(torch.exp, leaf, use_reentrant=True).sum().backward()
    assert leaf.grad is not None
