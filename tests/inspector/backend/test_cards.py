from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import UntrustedError
from engine.models import known_models, load_model
from engine.models.cards.library import find_card
from inspector.backend.cards import card_text, check_texts, save_texts
from inspector.cli import main
from tests.clips import moving_square, write_clip
from tests.engine.models.loaders.scoring_server import serving
from tests.engine.models.loaders.test_http_endpoint import RUBBISH, written
from tests.programs import trust_file

TYPED = {"name": 'My "net"', "network": "NET", "frames": "4", "fps": "15", "resize": "[16, 20]"}


def ignore(*_: object) -> None:
    pass


@pytest.fixture
def typed(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "def build(classes):\n"
        "    pool = nn.Sequential(nn.AdaptiveAvgPool3d(1), nn.Flatten())\n"
        "    return nn.Sequential(pool, nn.Linear(3, classes))\n"
    )
    (tmp_path / "labels.txt").write_text("a\nb\n")
    files = {"network": f"{tmp_path / 'net.py'}:build", "labels": str(tmp_path / "labels.txt")}
    return {**TYPED, **files, "crop": "16", "mean": "0.5"}


def test_typed_card_is_checked_saved_listed_and_loaded(
    typed: dict[str, str], tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_square(6))
    with pytest.raises(UntrustedError):
        check_texts(typed, clip, 0, ignore, ignore)
    trust_file(tmp_path / "net.py", "build")
    report = check_texts(typed, clip, 0, ignore, ignore)
    assert not report.failed, report.findings
    info = save_texts(typed)
    assert known_models()[info.name].title == 'My "net"'
    model = load_model(info.name, device="cpu")
    assert (model.spec.resize, model.spec.mean) == ((16, 20), (0.5, 0.5, 0.5))
    assert model.preprocess(np.zeros((4, 30, 40, 3), np.uint8)).tensor.shape == (1, 3, 4, 16, 16)


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("frames", "many", "'many', but a whole number"),
        ("frames", "4\nname = 3", "but a whole number"),
        ("mean", "[1, 2", "'[1, 2', but a number from -1e9 to 1e9 or three"),
        ("labels", "gone.txt", "gone.txt cannot be read"),
    ],
)
def test_typed_card_that_is_wrong_says_so_in_words(
    key: str, text: str, sentence: str, typed: dict[str, str], tmp_path: Path
) -> None:
    trust_file(tmp_path / "net.py", "build")
    report = check_texts({**typed, key: text}, None, 0, ignore, ignore)
    assert report.failed
    assert sentence in report.findings[0].text


def test_typing_a_networks_name_downloads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.models.networks.torchvision_zoo.fetch", pytest.fail)
    report = check_texts({"network": "swin3d_b"}, None, 0, ignore, ignore)
    assert "364.1 MB" in report.findings[0].text
    assert not report.failed


def test_card_text_makes_paths_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert f'"{tmp_path / "l.txt"}"' in card_text({"network": "r3d_18", "labels": "l.txt"})
    assert find_card("nothing") is None


def test_models_shows_accuracy_licence_and_size_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "mvit_v2_s"]) == 0
    printed = capsys.readouterr().out
    for text in ("top-1 80.8 %", "Apache 2.0", "131.9 MB"):
        assert text in printed
    assert main(["models", "mvit_v3"]) == 1
    assert "mvit_v1_b" in capsys.readouterr().err


def test_server_is_asked_for_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_square(6))
    with serving() as server:
        card = written(tmp_path, server.address)
        words = ["explain", str(clip), "--model", str(card), "--method", "occlusion"]
        words += ["--out", str(tmp_path / "out"), "--device", "cpu"]
        assert main(words) == 1
        told = capsys.readouterr().err
        assert f"would be sent to {server.address}" in " ".join(told.split())
        assert not server.shapes
        assert main([*words, "--trust"]) == 0
        asked = len(server.shapes)
        assert main(words) == 0
        assert len(server.shapes) > asked
        server.answer = RUBBISH["an error page"][0]
        capsys.readouterr()
        assert main(words) == 1
        told = " ".join(capsys.readouterr().err.split())
        assert "status 500" in told
        assert "Traceback" not in told


def test_code_is_asked_for_once(
    typed: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_square(6))
    card = tmp_path / "card.toml"
    card.write_text(card_text(typed))
    words = ["check-model", str(card), str(clip)]
    assert main(words) == 1
    told = capsys.readouterr().err
    assert "net.py is a program" in told
    assert "--trust" in told
    assert main([*words, "--trust"]) == 0
    assert main(words) == 0
    assert "2 outputs, 2 labels" in capsys.readouterr().out
