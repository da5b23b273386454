"""The folders of the program, and that of downloaded weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.utils.paths import hub_folder


@pytest.mark.parametrize(
    "variables",
    [{}, {"TORCH_HOME": "~/here"}, {"XDG_CACHE_HOME": "/there"}, {"TORCH_HOME": "/a b"}],
)
def test_hub_folder_is_that_of_torch(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.hub._hub_dir", None)
    for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert hub_folder() == Path(torch.hub.get_dir()) / "checkpoints"
