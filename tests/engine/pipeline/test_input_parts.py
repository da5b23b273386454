"""Videos explained by a network of two inputs: what each got, and one of them shown alone."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.errors import AttributionError
from engine.models.cards.library import save_card
from engine.pipeline import explain
from engine.store import Analysis
from engine.types import Request
from tests.clips import moving_square, write_clip
from tests.programs import trust_file

SOURCE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.rgb, self.flow = nn.Conv3d(3, 4, 3, bias=False), nn.Conv3d(2, 4, 3, bias=False)
        self.fc = nn.Linear(8, 2, bias=False)

    def forward(self, batch):
        parts = [self.rgb(batch["rgb"]), self.flow(batch["flow"])]
        return self.fc(torch.cat([part.relu().mean((2, 3, 4)) for part in parts], 1))

def build():
    return Net()
"""
CARD = """
network = "net.py:build"
labels = "labels.txt"
frames = 6
stride = 1
resize = 16
crop = 16
pass_as = "dict"
[[inputs]]
name = "rgb"
kind = "rgb"
[[inputs]]
name = "flow"
kind = "flow"
"""


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> Request:
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "net.py").write_text(SOURCE)
    (folder / "labels.txt").write_text("a\nb\n")
    (folder / "card.toml").write_text(CARD)
    video = write_clip(folder / "a.mp4", moving_square(9, (32, 32)))
    return Request(video, str(folder / "card.toml"), target=1, evidence="off", device="cpu")


@pytest.fixture
def asked(request_: Request) -> Request:
    trust_file(Path(request_.model).parent / "net.py", "build")
    return request_


def maps_of(request: Request) -> np.ndarray:
    with closing(explain(request)) as analysis:
        return np.array(analysis.read_steps(0, 9))


def test_each_input_is_told(asked: Request, tmp_path: Path) -> None:
    with closing(explain(asked)) as whole:
        assert [part.name for part in whole.by_input] == ["rgb", "flow"]
        window = whole.windows[0]
        score = float(window.logits[1])
        assert sum(part.sum for part in window.by_input) == pytest.approx(score, rel=1e-3)
        whole.save(tmp_path / "kept", preset="recommended", sigma=1.0)
    with closing(Analysis.open(tmp_path / "kept")) as kept:
        assert kept.windows[0].by_input == window.by_input
        assert kept.header.spec == whole.header.spec


def test_each_input_is_shown_alone(asked: Request) -> None:
    maps = [maps_of(replace(asked, input=name)) for name in (None, "rgb", "flow")]
    assert maps[1].any()
    assert maps[2].any()
    np.testing.assert_allclose(maps[1] + maps[2], maps[0], atol=1e-3 * np.abs(maps[0]).max())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input": "flo"}, "has no input 'flo'"),
        ({"input": "flow", "preset": "evidence"}, "of all inputs together"),
        ({"input": "flow", "method": "temporal_mask"}, "does not tell the inputs"),
        ({"input": "flow", "model": "figures"}, "figures has no input 'flow'"),
    ],
)
def test_input_that_cannot_be_shown_is_refused(
    changes: dict[str, str], message: str, asked: Request
) -> None:
    with pytest.raises(AttributionError, match=message):
        explain(replace(asked, **changes))  # type: ignore[arg-type]


def test_saved_card_lists_its_inputs() -> None:
    info = save_card(f'name = "Streams"\n{CARD}')
    assert info.inputs == ("rgb", "flow")
