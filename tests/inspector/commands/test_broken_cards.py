"""Broken cards and checkpoints: each is told in a sentence of its own, with what to do."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from inspector.cli import main
from tests.clips import moving_square, write_clip

OWN = """
network = "net.py:build"
labels = "labels.txt"
frames = 4
fps = 15
resize = 16
crop = 16
"""
NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.head = nn.Linear(3, classes)

    def forward(self, clip):
        return self.head(clip.mean((2, 3, 4)))

def build(classes):
    return Net(classes)

def fixed():
    return Net(5)

def number():
    return 7

def failing():
    raise KeyError("weights of last year")
"""
STATE = {"head.weight": torch.zeros(3, 3), "head.bias": torch.zeros(3)}


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("sprung",)


def archive(content: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, value in content.items():
            file.writestr(name, value)
    return buffer.getvalue()


def saved(content: object, *, zipped: bool = True) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=zipped)
    return buffer.getvalue()


def bomb() -> bytes:
    """An archive of 300 kB that unpacks to 300 MB."""
    return archive({"x/data.pkl": bytes(300 * 2**20)}, zipfile.ZIP_DEFLATED)


def absurd(*, zipped: bool) -> bytes:
    """Weights that ask for 40 TB, or in the old format for 40 GB."""
    whole = saved({"head.weight": torch.zeros(4)}, zipped=zipped)
    mark = b"K\x04t" if zipped else b"K\x04N"
    number = b"\x8a\x08" + (10**13 if zipped else 10**10).to_bytes(8, "little")

    def claiming(pickled: bytes) -> bytes:
        assert pickled.count(mark) == 1
        return pickled.replace(mark, number + mark[2:])

    if not zipped:
        return claiming(whole)
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    return archive(
        {name: claiming(part) if name.endswith(".pkl") else part for name, part in parts.items()}
    )


def stretched() -> bytes:
    """One number that claims to be a classifier for 10**11 classes."""
    state = {"head.weight": torch.zeros(1, 1).expand(10**11, 3), "head.bias": torch.zeros(3)}
    return saved(state)


def absurd_safetensors() -> bytes:
    content = save({"head.weight": torch.zeros(3, 3)})
    return content.replace(b"[3,3]", b"[3,3000000000000]")


def with_key(line: str) -> str:
    return line + OWN


def checkpoint(name: str) -> str:
    return f'checkpoint = "{name}"' + OWN


CASES: dict[str, tuple[str, dict[str, bytes], str]] = {
    "not TOML": ('name = "x', {}, "is not TOML"),
    "no network": ('name = "x"', {}, "names no network"),
    "unknown key": (with_key('chekpoint = "a.pth"'), {}, "key 'chekpoint', which does not exist"),
    "text for a number": (OWN.replace("= 4", '= "4"'), {}, "'frames' .* is '4', but a whole"),
    "negative rate": (
        OWN.replace("fps = 15", "fps = -15"),
        {},
        "'fps' .* number from 0.001 to 1000",
    ),
    "fps and stride": (with_key("stride = 2"), {}, "has both fps and stride"),
    "zero std": (with_key("std = [0.2, 0, 0.2]"), {}, "'std' .* from 1e-9"),
    "falling range": (with_key("range = [1, 0]"), {}, "'range' .* two rising numbers"),
    "layout": (with_key('layout = "THWC"'), {}, '\'layout\' .* "NCTHW" or "NTCHW"'),
    "missing frames": (OWN.replace("frames = 4", ""), {}, "does not say frames"),
    "unknown network": ('network = "r3d18"', {}, "network 'r3d18', which is no known model"),
    "channels of ours": ('network = "r3d_18"\nchannels = "bgr"', {}, "changes the layout or"),
    "strange expectation": (OWN + "[expected]\ntop = 'a'", {}, "needs a clip"),
    "no such module": (OWN.replace("net.py", "nets.py"), {}, "no file .*nets.py"),
    "no such function": (OWN.replace(":build", ":bild"), {}, "no function 'bild'"),
    "function fails": (OWN.replace(":build", ":failing"), {}, "KeyError: 'weights of last year'"),
    "function gives a number": (OWN.replace(":build", ":number"), {}, "gives a int, not"),
    "module fails": (OWN, {"net.py": b"import nothing_at_all"}, "cannot be imported"),
    "no labels file": (OWN.replace("labels.txt", "names.txt"), {}, "labels file .*names.txt"),
    "layer": (with_key('layer = "heads"'), {}, "layer 'heads', which .* does not have"),
    "no checkpoint": (checkpoint("none.pth"), {}, "no weights file .*none.pth"),
    "code": (checkpoint("c.pth"), {"c.pth": saved({"a": Trap()})}, "would run .*mkdir, which"),
    "cut off": (checkpoint("c.pth"), {"c.pth": saved(STATE)[:-99]}, "not a readable weights file"),
    "no weights": (checkpoint("c.pth"), {"c.pth": saved({"epoch": 3})}, "holds no state dict"),
    "other classes": (
        checkpoint("c.pth"),
        {"c.pth": saved({"head.weight": torch.zeros(5, 3), "head.bias": torch.zeros(5)})},
        "labels.txt has 3 labels, but .* between 5 classes",
    ),
    "other network": (
        checkpoint("c.pth"),
        {"c.pth": saved({"conv.weight": torch.zeros(3, 3)})},
        "2 of 2 tensors are missing",
    ),
    "prefix": (
        'prefix = "student."\n' + checkpoint("c.pth"),
        {"c.pth": saved(STATE)},
        "begins with 'student.'",
    ),
    "bomb": (checkpoint("c.pth"), {"c.pth": bomb()}, r"unpacks to \d+: it is damaged or made"),
    "absurd": (
        checkpoint("c.pth"),
        {"c.pth": absurd(zipped=True)},
        "asks for 40000000000000 bytes",
    ),
    "absurd, old": (
        checkpoint("c.pth"),
        {"c.pth": absurd(zipped=False)},
        "asks for 40000000000 bytes",
    ),
    "stretched": (checkpoint("c.pth"), {"c.pth": stretched()}, "asks for 1200000000012 bytes"),
    "absurd safetensors": (
        checkpoint("c.safetensors"),
        {"c.safetensors": absurd_safetensors()},
        "c.safetensors is not a readable weights file",
    ),
    "TorchScript that is none": (
        OWN.replace("net.py:build", "net.pt"),
        {"net.pt": saved(STATE)},
        "net.pt holds weights alone",
    ),
    "TorchScript with weights": (
        checkpoint("c.pth").replace("net.py:build", "net.pt"),
        {"net.pt": b"", "c.pth": saved(STATE)},
        "has its own weights inside",
    ),
    "export that is none": (
        OWN.replace("net.py:build", "net.pt2"),
        {"net.pt2": b"nothing"},
        "net.pt2 is not a readable network",
    ),
    "export with objects": (
        OWN.replace("net.py:build", "net.pt2"),
        {"net.pt2": archive({"net/data/constants/opaque_obj_0": b"cos\nsystem\n"})},
        "compiled code or pickled objects",
    ),
    "labels of another number": (
        'network = "figures"\nlabels = "labels.txt"',
        {},
        "has 3 labels, but .* 8 classes",
    ),
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "square.mp4", moving_square(8))


@pytest.fixture
def told(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[[str, dict[str, bytes]], list[str]]:
    """Explain with a card and files beside it; gives the lines of the error."""

    def explain(card: str, files: dict[str, bytes]) -> list[str]:
        (tmp_path / "net.py").write_text(NET)
        (tmp_path / "labels.txt").write_text("a\nb\nc\n")
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        (tmp_path / "card.toml").write_text(card)
        words = ["explain", str(clip), "--out", str(tmp_path / "out")]
        words += ["--model", str(tmp_path / "card.toml"), "--trust", "--device", "cpu"]
        assert main(words) == 1
        assert not (tmp_path / "out").exists()
        assert not Path("sprung").exists()
        return capsys.readouterr().err.strip().splitlines()

    return explain


@pytest.mark.parametrize("case", CASES)
def test_broken_card_is_told_in_one_sentence(
    case: str, told: Callable[[str, dict[str, bytes]], list[str]]
) -> None:
    card, files, sentence = CASES[case]
    lines = told(card, files)
    assert len(lines) == 2, lines
    assert re.search(sentence, lines[0]), lines[0]
    assert lines[1].startswith("Hint: ")
    assert "Internal error" not in lines[0]


def test_missing_card_is_told(capsys: pytest.CaptureFixture[str], clip: Path) -> None:
    assert main(["explain", str(clip), "--out", "o", "--model", "nowhere.toml"]) == 1
    assert "nowhere.toml cannot be read" in capsys.readouterr().err


def test_every_broken_card_has_a_sentence_of_its_own() -> None:
    sentences = [sentence for _, _, sentence in CASES.values()]
    assert len(set(sentences)) == len(sentences) >= 20
