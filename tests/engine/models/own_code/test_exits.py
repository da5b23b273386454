"""Cards whose code asks for the end of the program."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.errors import ModelError
from engine.models import load_model
from engine.utils.foreign_code import CodeExit, described
from tests.engine.models.own_code.cards import NET, load
from tests.programs import agreeing

ENDS = ("KeyboardInterrupt", "SystemExit", "GeneratorExit", "BaseException")


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("place", ["import", "build"])
def test_an_end_while_loading_is_an_error_of_the_card(home: Path, end: str, place: str) -> None:
    line = f"raise {end}('ended')\n"
    text = line + NET if place == "import" else NET.replace("    return", f"    {line}    return")
    (home / "net.py").write_text(text)
    number = text.splitlines().index(("    " if place == "build" else "") + line.rstrip()) + 1
    with pytest.raises(ModelError, match=rf"{end}: ended \(net\.py, line {number}"):
        agreeing(lambda: load(home))


@pytest.mark.parametrize("end", ENDS)
def test_an_end_in_a_forward_is_an_error_of_the_network(home: Path, end: str) -> None:
    (home / "net.py").write_text(
        "from torch import nn\nclass Net(nn.Module):\n    def forward(self, x):\n"
        f"        raise {end}('ended')\nbuild = Net\n"
    )
    model, _ = agreeing(lambda: load_model(home / "card.toml", device="cpu"))
    with pytest.raises(CodeExit) as caught:
        model.output(torch.zeros(1, 3, 4, 16, 16))
    assert described(caught.value) == f"{end}: ended (net.py, line 4, in forward)"
