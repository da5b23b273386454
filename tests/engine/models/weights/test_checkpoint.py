from __future__ import annotations

import argparse
import collections
import pathlib
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from engine.errors import ModelError
from engine.models.weights.checkpoint import read_weights


def network(classes: int = 3) -> nn.Module:
    return nn.Sequential(nn.Conv3d(3, 4, 1), nn.BatchNorm3d(4), nn.Linear(4, classes))


STATE = network().state_dict()


class Mine:
    """A class of the user's own, as hyperparameters are."""

    def __init__(self) -> None:
        self.values = [1.0, np.arange(3)]


OTHERS: dict[str, Any] = {
    "numbers": {"epoch": 3, "best": np.float64(0.91), "lr": np.float32(1e-3)},
    "arrays": {"log": [np.arange(3), np.ones((2, 2), order="F")]},
    "namespace": {"args": argparse.Namespace(arch="r3d")},
    "path": {"hyper_parameters": {"folder": pathlib.Path("/data"), "old": pathlib.PurePath("a")}},
    "collections": {
        "log": collections.defaultdict(list, {"a": [1.0]}),
        "counts": collections.Counter("aab"),
        "ordered": collections.OrderedDict(a=1),
        "queue": collections.deque([1, 2]),
    },
    "own class": {"config": Mine(), "message_hub": {"log": Mine()}},
    "odd keys": {1: 2, (1, 2): 3, None: 4, frozenset((1,)): 5, 2.5: {1, 2}},
    "random": {"rng": [random.Random(1).getstate(), torch.get_rng_state()]},
}


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("others", OTHERS)
def test_read_weights_passes_over_what_trainings_keep(
    others: str, old: bool, tmp_path: Path
) -> None:
    content = {**OTHERS[others], "state_dict": STATE}
    torch.save(content, tmp_path / "net.pth", _use_new_zipfile_serialization=not old)
    found = read_weights(tmp_path / "net.pth").state
    assert {n for n in found if n.startswith("state_dict.")} == {f"state_dict.{n}" for n in STATE}
    assert all(torch.equal(found[f"state_dict.{name}"], STATE[name]) for name in STATE)


def test_read_weights_leaves_optimisers_out(tmp_path: Path) -> None:
    module = network()
    optimiser = torch.optim.Adam(module.parameters())
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimiser.step()
    content = {"model": module.state_dict(), "optimizer": optimiser.state_dict(), "scaler": {}}
    torch.save(content, tmp_path / "net.pth")
    assert set(read_weights(tmp_path / "net.pth").state) == {f"model.{name}" for name in STATE}
    torch.save([module.state_dict(), optimiser.state_dict()], tmp_path / "net.pth")
    assert set(read_weights(tmp_path / "net.pth").state) == {f"0.{name}" for name in STATE}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16, torch.int32])
@pytest.mark.parametrize("old", [False, True])
def test_read_weights_reads_views_of_any_dtype_as_torch_does(
    dtype: torch.dtype, old: bool, tmp_path: Path
) -> None:
    whole = torch.arange(24).to(dtype).view(2, 3, 4)
    state = {
        "whole": whole,
        "turned": whole.permute(2, 0, 1),
        "part": whole[:, 1:, ::2],
        "repeated": whole[:1, :1].expand(2, 1, 4),
        "one": whole[1, 2, 3],
        "none": torch.empty(0, 3, dtype=dtype),
        "parameter": nn.Parameter(whole.clone(), requires_grad=False),
    }
    torch.save(state, tmp_path / "net.pth", _use_new_zipfile_serialization=not old)
    found = read_weights(tmp_path / "net.pth").state
    assert list(found) == list(state)
    for name, tensor in state.items():
        assert found[name].dtype == dtype
        assert torch.equal(found[name], tensor.data)


def test_read_weights_reads_numpy_arrays_as_weights(tmp_path: Path) -> None:
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.ones((2, 3), "f4", order="F") * [1, 2, 3]}
    torch.save(arrays, tmp_path / "net.pth")
    found = read_weights(tmp_path / "net.pth").state
    assert all(np.array_equal(found[name].numpy(), array) for name, array in arrays.items())


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_read_weights_reads_plain_pickles(protocol: int, tmp_path: Path) -> None:
    (tmp_path / "net.pkl").write_bytes(pickle.dumps({"model": STATE}, protocol))
    found = read_weights(tmp_path / "net.pkl").state
    assert all(torch.equal(found[f"model.{name}"], STATE[name]) for name in STATE)


def test_read_weights_reads_all_parts_of_a_set(tmp_path: Path) -> None:
    names = list(STATE)
    for number, part in enumerate((names[:3], names[3:]), 1):
        path = tmp_path / f"model-0000{number}-of-00002.safetensors"
        save_file({name: STATE[name] for name in part}, path)
    assert set(read_weights(tmp_path / "model-00002-of-00002.safetensors").state) == set(STATE)
    (tmp_path / "model-00001-of-00002.safetensors").unlink()
    with pytest.raises(ModelError, match=r"one of 2 parts, of which model-00001.* is missing"):
        read_weights(tmp_path / "model-00002-of-00002.safetensors")


def test_read_weights_tells_safetensors_by_its_content(tmp_path: Path) -> None:
    save_file(STATE, tmp_path / "net.pth")
    assert set(read_weights(tmp_path / "net.pth").state) == set(STATE)


def test_read_weights_tells_a_wrong_checksum(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "net.pth")
    content = bytearray((tmp_path / "net.pth").read_bytes())
    place = content.find(STATE["0.weight"].numpy().tobytes())
    content[place] ^= 1
    (tmp_path / "net.pth").write_bytes(content)
    assert "checksum of 1 parts" in read_weights(tmp_path / "net.pth").notices[0]


@pytest.mark.parametrize("inside", [False, True])
def test_read_weights_names_a_whole_pickled_network(inside: bool, tmp_path: Path) -> None:
    torch.save({"model": network(), "epoch": 3} if inside else network(), tmp_path / "net.pth")
    with pytest.raises(
        ModelError, match=r"whole pickled network .*Sequential.*never done"
    ) as caught:
        read_weights(tmp_path / "net.pth")
    key = "['model']" if inside else ""
    line = f'torch.save(torch.load("net.pth", weights_only=False){key}.state_dict(), "weights.pth")'
    assert line in caught.value.hint


FOREIGN = {
    "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(99),
    "gzip": b"\x1f\x8b" + bytes(99),
    "tar archive": bytes(257) + b"ustar" + bytes(200),
    "pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid",
    "web page": b"<!DOCTYPE html><html>",
    "NumPy array": b"\x93NUMPY" + bytes(99),
    "JSON": b'{"weight_map": {}}',
    "empty": b"",
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_read_weights_names_foreign_files(kind: str, tmp_path: Path) -> None:
    (tmp_path / "net.pth").write_bytes(FOREIGN[kind])
    with pytest.raises(ModelError, match=f"not a readable weights file: it is .*{kind}") as caught:
        read_weights(tmp_path / "net.pth")
    assert caught.value.hint


@pytest.mark.parametrize(("name", "kind"), [("a.onnx", "ONNX"), ("b.pb", "TensorFlow")])
def test_read_weights_names_foreign_files_by_their_suffix(
    name: str, kind: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(b"\x08\x07\x12\x07")
    with pytest.raises(ModelError, match=kind):
        read_weights(tmp_path / name)


def test_read_weights_names_archives_of_others(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.ones(3))
    with pytest.raises(ModelError, match="NumPy archive"):
        read_weights(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("inside", "kind"),
    [(".metadata", "FSDP"), ("latest", "DeepSpeed"), ("config.json", "transformers"), ("a", "")],
)
def test_read_weights_names_folders(inside: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / inside).touch()
    with pytest.raises(ModelError, match=rf"folder.*{kind}"):
        read_weights(tmp_path)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_read_weights_tells_damage_in_one_sentence(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"net{suffix}"
    save_file(STATE, path) if suffix == ".safetensors" else torch.save(STATE, path)
    whole = path.read_bytes()
    for content in (b"", b"not weights at all\n", whole[:100], whole[:-1], bytes(range(1, 65))):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="is not a readable weights file") as caught:
            read_weights(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [{}, {"epoch": 3}, [1, 2], 7, {"a": {"b": []}}])
def test_read_weights_refuses_a_file_without_tensors(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "net.pth")
    with pytest.raises(ModelError, match="holds no state dict"):
        read_weights(tmp_path / "net.pth")


def test_read_weights_names_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no weights file .*nowhere\.pth"):
        read_weights(tmp_path / "nowhere.pth")
