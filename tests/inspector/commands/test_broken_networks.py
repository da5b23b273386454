"""Networks that fail: `explain` and `check-model` tell the network's own error, in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.cli import main
from tests.clips import moving_square, write_clip
from tests.engine.attribution.broken_networks import BACKWARDS, FORWARDS, OUTPUTS

pytestmark = pytest.mark.filterwarnings("ignore:Using a non-tuple sequence:UserWarning")  # torch's

NETWORKS = {**FORWARDS, **OUTPUTS, **BACKWARDS}
CARD = """
network = "net.py:build"
labels = "labels.txt"
frames = 4
stride = 1
resize = 8
crop = 8
"""
NET = """
from tests.engine.attribution import broken_networks

def build():
    return broken_networks.Broken(
        {{**broken_networks.FORWARDS, **broken_networks.OUTPUTS, **broken_networks.BACKWARDS}}[{!r}]
    )
"""
EXPLAINED = ("changed in place",)
"""Its gradient fails, but LRP, the default method, does not."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "square.mp4", moving_square(6))


def card_of(name: str, folder: Path) -> str:
    (folder / "net.py").write_text(NET.format(name))
    (folder / "labels.txt").write_text("a\nb\nc\nd\n")
    (folder / "card.toml").write_text(CARD)
    return str(folder / "card.toml")


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in EXPLAINED])
def test_explain_tells_the_error_of_a_network(
    name: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["explain", str(clip), "--out", str(tmp_path / "out"), "--trust", "--device", "cpu"]
    assert main([*words, "--model", card_of(name, tmp_path)]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert "Internal error" not in lines[-2]
    assert lines[-2].startswith("motion-inspector: ")
    assert lines[-1].startswith("Hint: ")


@pytest.mark.parametrize("name", NETWORKS)
def test_check_model_finds_the_error_of_a_network(
    name: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check-model", card_of(name, tmp_path), str(clip), "--trust"]) == 1
    assert "Internal error" not in capsys.readouterr().err
