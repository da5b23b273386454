"""Names of PySlowFast and MMAction2, lists of PySlowFast's own code among them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from engine.models.loaders.sources import find_network
from engine.models.networks.stages import Bottleneck, ResBlock
from engine.models.weights.checkpoint import State, Weights
from engine.models.weights.fit_problems import problems_of
from engine.models.weights.fitting import Fitted, matched, needed_by
from engine.models.weights.published_names import DIALECTS, translated

_KEYS = Path(__file__).parent / "keys"
_OURS = ("slow_r50", "x3d_s", "slowfast_8x8_r50", "mvit_v1_b", "mvit_v2_s")


def published(name: str) -> State:
    """Return PySlowFast's names with tensors that take no memory."""
    state = {}
    for line in (_KEYS / f"pyslowfast_{name}.txt").read_text().splitlines()[1:]:
        module, *parts = line.split()
        for part in parts:
            kind, _, sizes = part.partition("=")
            shape = tuple(map(int, sizes.split("x")))
            state[kind if module == "." else f"{module}.{kind}"] = torch.ones(()).expand(shape)
    return state


def matched_to(name: str, state: State) -> tuple[list[str], Fitted]:
    with torch.device("meta"):
        network = find_network(name).build(5)
    fitted = matched(network, Weights({f"model_state.{n}": t for n, t in state.items()}))
    problems, _ = problems_of(needed_by(network), fitted.state, list(fitted.rest), {})
    return problems, fitted


@pytest.mark.parametrize("name", _OURS)
def test_names_of_pyslowfast_are_those_of_the_network_here(name: str) -> None:
    problems, fitted = matched_to(name, published(name))
    assert problems == []
    assert "names of PySlowFast" in fitted.notices[0]
    assert not {**fitted.rest, **fitted.beside}


def test_blocks_that_the_network_here_lacks_are_no_fit() -> None:
    extra = {"s3.pathway0_nonlocal1.conv_theta.weight": torch.ones(())}
    problems, _ = matched_to("slow_r50", {**published("slow_r50"), **extra})
    assert "1 are of no use to it" in problems[0]


@pytest.mark.parametrize(("theirs", "name"), [("x3d_s", "slow_r50"), ("mvit_v1_b", "mvit_v2_s")])
def test_names_of_another_network_are_no_fit(theirs: str, name: str) -> None:
    assert matched_to(name, published(theirs))[0]


def test_names_of_mmaction_are_those_of_slow_here() -> None:
    with torch.device("meta"):
        state = find_network("slow_r50").build(5).state_dict()
    problems, fitted = matched_to("slow_r50", {_of_mmaction(name): t for name, t in state.items()})
    assert problems == []
    assert "mean = [123.675" in fitted.notices[1]


def _of_mmaction(name: str) -> str:
    """Return MMAction2's name of a tensor of the slow pathway: the inverse of the table."""
    if name.startswith("blocks.5"):
        return name.replace("blocks.5.proj", "cls_head.fc_cls")
    _, stage, *parts = name.split(".")
    ending = {"conv": "conv", "norm": "bn"}
    if stage == "0":
        return f"backbone.conv1.{ending[parts[0]]}.{parts[1]}"
    block, branch, *rest = parts[1:]
    if branch.startswith("branch1"):
        kind = ending[branch.removeprefix("branch1_")]
        return f"backbone.layer{stage}.{block}.downsample.{kind}.{rest[0]}"
    kind, letter = rest[0].split("_")
    return f"backbone.layer{stage}.{block}.conv{'abc'.index(letter) + 1}.{ending[kind]}.{rest[1]}"


def test_norm_of_a_shortcut_is_merged_without_a_change() -> None:
    torch.manual_seed(0)
    block = ResBlock(4, 4, 2, Bottleneck((4, 2, 4), (1, 1, 1), (1, 3, 3), 2)).eval()
    clip = torch.randn(1, 4, 2, 6, 6)
    norm = nn.BatchNorm3d(4).eval()
    for values in norm.state_dict().values():
        values.copy_(torch.rand(values.shape) + 0.5)
    block.branch1_norm = norm
    expected = block(clip)
    prefix = "blocks.1.res_blocks.0."
    state = {prefix + name: tensor.clone() for name, tensor in block.state_dict().items()}
    block.branch1_norm = None
    ours = [prefix + name for name in block.state_dict()]
    merged = translated(state, DIALECTS[1], ours)
    block.load_state_dict({name.removeprefix(prefix): tensor for name, tensor in merged.items()})
    torch.testing.assert_close(block(clip), expected)


def test_three_projections_are_joined_to_one() -> None:
    parts = {letter: torch.full((2, 3), float(place)) for place, letter in enumerate("qkv")}
    state = {f"module.blocks.0.attn.{letter}.weight": part for letter, part in parts.items()}
    joined = translated(state, DIALECTS[3], ["blocks.0.attn.qkv.weight"])
    assert torch.equal(joined["module.blocks.0.attn.qkv.weight"], torch.cat(list(parts.values())))
