"""Cards with code of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from torch import nn

from engine.errors import UntrustedCode, UntrustedError
from engine.models import load_model

NET = "from torch import nn\ndef build():\n    return nn.Identity()\n"


def write_card(folder: Path, network: str = "net.py:build") -> Path:
    (folder / "labels.txt").write_text("a\nb\n")
    lines = f'network = "{network}"\nlabels = "labels.txt"\nframes = 4\nresize = 16\ncrop = 16\n'
    (folder / "card.toml").write_text(lines + "stride = 1\n")
    return folder / "card.toml"


def load(folder: Path) -> nn.Module:
    before = list(sys.path)
    try:
        return load_model(folder / "card.toml", device="cpu").module
    finally:
        assert sys.path == before


def asked_for(folder: Path) -> list[str]:
    """Return the names of the files that loading asks for, and nothing else."""
    with pytest.raises(UntrustedError) as caught:
        load(folder)
    assert isinstance(caught.value.asked, UntrustedCode)
    return [file.path.name for file in caught.value.asked.files]
