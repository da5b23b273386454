from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest
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
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    network = nn.Linear(4, 4)
    with pytest.raises(ModelError) as caught:
        fit(network, matched(network, read_weights(path)), "net", str(path))
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    assert caught.value.hint
    assert not canary.exists()
    assert time.monotonic() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10**6  # in kB
