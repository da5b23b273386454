"""The list of models, what is downloaded, and the button of own weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.descriptions import ModelInfo
from gui.explain.model_choice import ModelChoice
from gui.tasks.jobs import Failure

NET = ModelInfo(
    "net", "A network", "names things", bundled=False, accuracy="top-1 60 %", licence="MIT",
    download_mb=12.3, file="net-0a.pth",
)  # fmt: skip
PLAIN = ModelInfo("plain", "Plain", "names things", bundled=True)


@pytest.fixture
def choice(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelChoice:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    choice = ModelChoice({"net": NET, "plain": PLAIN})
    qtbot.addWidget(choice)
    return choice


def test_downloaded_models_are_marked(choice: ModelChoice, tmp_path: Path) -> None:
    texts = [choice.model.itemText(row) for row in range(2)]
    assert texts == ["A network (net)", "Plain (plain)"]
    assert "12.3 MB to download once" in choice.about.text()
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / NET.file).write_bytes(b"weights")
    choice.show_downloads()
    assert choice.model.itemText(0) == "A network (net), downloaded"
    assert choice.model.itemText(1) == "Plain (plain)"
    assert choice.about.text().startswith("Downloaded; ")


def test_weights_that_failed_do_not_stay_on_the_button(choice: ModelChoice, tmp_path: Path) -> None:
    path = tmp_path / "broken.pth"
    path.write_bytes(b"no weights")
    choice.use_weights(path)
    choice.let_go_of_weights(Failure("The video is damaged.", ""))
    assert choice.weights == path
    choice.let_go_of_weights(Failure(f"{path} cannot be read.", ""))
    assert choice.weights is None
    assert choice.file.text() == "Own weights..."


def test_weights_that_are_missing_stay_chosen(choice: ModelChoice, tmp_path: Path) -> None:
    choice.use_weights(tmp_path / "gone.pth")
    choice.let_go_of_weights(Failure("the weights file gone.pth is missing", ""))
    assert choice.weights == tmp_path / "gone.pth"
