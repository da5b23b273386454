from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from engine.errors import ModelError
from engine.models.weights.checkpoint import fit, read_weights


def network(classes: int = 3) -> nn.Module:
    return nn.Sequential(nn.Conv3d(3, 4, 1), nn.BatchNorm3d(4), nn.Linear(4, classes))


STATE = network().state_dict()


@pytest.mark.parametrize("nest", [None, "state_dict", "model_state_dict", "model"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module._orig_mod."])
def test_read_weights_unwraps_what_training_scripts_save(
    nest: str | None, prefix: str, tmp_path: Path
) -> None:
    state: dict[str, Any] = {prefix + name: tensor for name, tensor in STATE.items()}
    torch.save({nest: state, "epoch": 3} if nest else state, tmp_path / "net.pth")
    found = read_weights(tmp_path / "net.pth")
    assert list(found) == list(STATE)
    assert all(torch.equal(found[name], STATE[name]) for name in STATE)


def test_read_weights_reads_safetensors_and_the_old_format(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "net.safetensors")
    torch.save(STATE, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert set(read_weights(tmp_path / "net.safetensors")) == set(STATE)
    assert set(read_weights(tmp_path / "old.pt")) == set(STATE)


class _Trap:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.target),)


def test_read_weights_never_runs_code(tmp_path: Path) -> None:
    torch.save({**STATE, "trap": _Trap(tmp_path / "sprung")}, tmp_path / "net.pth")
    with pytest.raises(ModelError, match="never run"):
        read_weights(tmp_path / "net.pth")
    assert not (tmp_path / "sprung").exists()


def test_read_weights_refuses_a_whole_pickled_network(tmp_path: Path) -> None:
    torch.save(network(), tmp_path / "net.pth")
    with pytest.raises(ModelError, match="more than weights") as caught:
        read_weights(tmp_path / "net.pth")
    assert "state_dict()" in caught.value.hint


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_read_weights_tells_damage_in_one_sentence(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"net{suffix}"
    save_file(STATE, path) if suffix == ".safetensors" else torch.save(STATE, path)
    whole = path.read_bytes()
    rng = random.Random(1)
    damaged = [b"", b"not weights at all\n", whole[:100], whole[:-1], rng.randbytes(64)]
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(ModelError, match="is not a readable weights file") as caught:
            read_weights(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [{}, {"epoch": 3}, {**STATE, "epoch": 3}, [1, 2], 7])
def test_read_weights_refuses_a_file_without_a_state_dict(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "net.pth")
    with pytest.raises(ModelError, match="holds no state dict"):
        read_weights(tmp_path / "net.pth")


def test_read_weights_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no weights file .*nowhere\.pth"):
        read_weights(tmp_path / "nowhere.pth")


def test_fit_converts_to_the_networks_dtype() -> None:
    target = network()
    fit(target, {name: tensor.half() for name, tensor in STATE.items()}, "net", "file")
    assert {parameter.dtype for parameter in target.parameters()} == {torch.float32}
    assert torch.equal(target.state_dict()["0.weight"], STATE["0.weight"].half().float())


def test_fit_does_not_need_the_batch_counters() -> None:
    state = {name: tensor for name, tensor in STATE.items() if "num_batches" not in name}
    target = network()
    fit(target, state, "net", "file")
    assert torch.equal(target.state_dict()["2.bias"], STATE["2.bias"])


def test_fit_counts_what_differs_and_leaves_the_network_alone() -> None:
    target = network()
    before = {name: tensor.clone() for name, tensor in target.state_dict().items()}
    state = {**STATE, "2.weight": torch.zeros(5, 4), "tail.weight": torch.zeros(1)}
    del state["0.weight"], state["0.bias"]
    with pytest.raises(ModelError) as caught:
        fit(target, state, "net", "other.pth")
    assert str(caught.value) == (
        "The weights other.pth do not fit the model net: "
        "2 of 8 tensors are missing (first 0.weight), 1 are of no use to it (first tail.weight), "
        "1 have another shape (first 2.weight: (5, 4) instead of (3, 4))."
    )
    assert all(torch.equal(before[name], now) for name, now in target.state_dict().items())
