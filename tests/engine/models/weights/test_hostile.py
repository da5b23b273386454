from __future__ import annotations

import resource
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from engine.errors import ModelError
from engine.models.weights.checkpoint import read_weights
from engine.models.weights.fitting import fit, matched
from tests.engine.models.weights.hostile import HOSTILE


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_refused_in_one_sentence_and_runs_nothing(
    name: str, tmp_path: Path
) -> None:
    path, canary = tmp_path / "net.pth", tmp_path / "sprung"
    HOSTILE[name](path, canary)
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    network = nn.Linear(4, 4)
    with pytest.raises(ModelError) as caught:
        fit(network, matched(network, read_weights(path)), "net", str(path))
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    assert caught.value.hint
    assert not canary.exists()
    assert time.process_time() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10**6  # in kB


@pytest.mark.parametrize("kind", ["archive", "old", "safetensors"])
def test_damaged_file_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    path, random = tmp_path / "net.pth", Random(7)
    state = nn.Linear(3, 2).state_dict()
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save({"model": state}, path, _use_new_zipfile_serialization=kind == "archive")
    whole = path.read_bytes()
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            place = random.randrange(len(damaged))
            damaged[place : place + random.randint(0, 4)] = random.randbytes(random.randint(0, 4))
        path.write_bytes(damaged)
        with suppress(ModelError):
            read_weights(path)
