"""An export format added through the public seam is offered and written everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.cancel import never
from engine.export.formats import EXPORT_FORMATS, ExportFormat
from engine.export.job import ExportJob
from engine.render import HeatLook
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.video import open_video
from gui.export.form import ExportContext, ExportForm
from gui.state.export_request import ExportRequest
from inspector.backend.export import write
from inspector.cli import main
from tests.clips import moving_square, write_clip
from tests.engine.export.conftest import made_up

FRAMES = 20


def write_panes(job: ExportJob) -> Path:
    job.path.write_text(f"{job.frames[1] - job.frames[0]} frames of {', '.join(job.look.panes)}")
    return job.path


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    toy = ExportFormat("Toy text", "For tests.", ".toy", write_panes, "toy", is_clip=True)
    monkeypatch.setitem(EXPORT_FORMATS, "toy", toy)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "square.mp4", moving_square(FRAMES, (160, 120)))


@pytest.fixture
def analysis(clip: Path) -> Iterator[Analysis]:
    with open_video(clip) as video, closing(made_up(clip, video)) as analysis:
        yield analysis


def test_toy_format_is_chosen_in_the_dialog(analysis: Analysis, qtbot: QtBot) -> None:
    form = ExportForm(ExportContext(analysis, "recommended", 1.0, HeatLook(), None, 0))
    qtbot.addWidget(form)
    form.format.setCurrentIndex(form.format.findText("Toy text"))
    assert form.path.name == "square-toy.toy"
    assert (form.use.text(), form.panes.isEnabled()) == ("For tests.", True)
    assert form.request().format == "toy"


def test_toy_format_is_written(analysis: Analysis, tmp_path: Path) -> None:
    look = ClipSettings("recommended", 1.0, panes=("flow",))
    request = ExportRequest("toy", tmp_path / "a.toy", look, (3, 9))
    assert write(analysis, request, lambda progress: None, never) == request.path
    assert request.path.read_text() == "6 frames of flow"


def test_toy_format_is_an_option_of_explain(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["explain", str(clip), "--out", str(tmp_path / "out"), "--frames", "0:16", "--format"]
    assert main([*words, "none"]) == 2
    assert "png, toy" in capsys.readouterr().err
    assert main([*words, "toy", "--sound"]) == 1
    assert main([*words, "toy"]) == 0
    assert (tmp_path / "out" / "annotated.toy").read_text().startswith("16 frames of video")
    assert not (tmp_path / "out" / "annotated.mp4").exists()
