"""`motion-inspector bias`: a folder of videos in, a report out, also after an interruption."""

import csv
from pathlib import Path

import pytest

from engine.evidence import Prior, save_prior
from inspector import bias_report
from inspector.cli import main
from tests.clips import moving_square, write_clip

CARD = """
name = "net"
network = "net.py:build"
labels = "labels.txt"
frames = 4
fps = 15
resize = [16, 20]
crop = 16
mean = 0.5
std = 0.25
"""


@pytest.fixture
def card(tmp_path: Path) -> Path:
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "def build(classes):\n"
        "    pool = nn.Sequential(nn.AdaptiveAvgPool3d(1), nn.Flatten())\n"
        "    return nn.Sequential(pool, nn.Linear(3, classes))\n"
    )
    (tmp_path / "labels.txt").write_text("walking\nriding\n")
    (tmp_path / "card.toml").write_text(CARD)
    return tmp_path / "card.toml"


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for label in ("walking", "riding"):
        (tmp_path / "videos" / label).mkdir(parents=True)
        for number in range(2):
            write_clip(tmp_path / "videos" / label / f"{number}.mp4", moving_square(9 + number))
    return tmp_path / "videos"


def run(videos: Path, card: Path, out: Path, *more: str) -> int:
    asked = ["bias", str(videos), "--model", str(card), "--out", str(out), "--trust"]
    return main([*asked, "--device", "cpu", "--method", "gradient", "--shuffles", "2", *more])


def test_bias_writes_a_report_of_a_folder(
    videos: Path, card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (videos / "broken.mp4").write_bytes(b"no video")
    assert run(videos, card, tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert "8 clips of 4 videos, 2 classes" in said
    assert "Note: broken.mp4 was left out" in said
    rows = list(csv.DictReader((tmp_path / "out" / "bias.csv").read_text().splitlines()))
    assert {row["class"] for row in rows} == {"walking", "riding", "all"}
    assert "broken.mp4" in (tmp_path / "out" / "bias.html").read_text(encoding="utf-8")
    assert not (tmp_path / "out" / bias_report.UNFINISHED_FILE).exists()


def test_bias_goes_on_where_it_was_interrupted(
    videos: Path, card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = []

    def interrupted(model, path, name, label, settings):  # type: ignore[no-untyped-def]
        if len(measured) == 2:
            raise KeyboardInterrupt
        measured.append(name)
        return bias_measure(model, path, name, label, settings)

    bias_measure = bias_report.measure_video
    with monkeypatch.context() as patch:
        patch.setattr(bias_report, "measure_video", interrupted)
        assert run(videos, card, tmp_path / "out") != 0
    assert (tmp_path / "out" / bias_report.UNFINISHED_FILE).exists()
    first, measured[:] = list(measured), [""]

    def goes_on(model, path, name, label, settings):  # type: ignore[no-untyped-def]
        measured.append(name)
        return bias_measure(model, path, name, label, settings)

    monkeypatch.setattr(bias_report, "measure_video", goes_on)
    assert run(videos, card, tmp_path / "out") == 0
    assert len(first) == 2
    assert sorted(first + measured[1:]) == [
        "riding/0.mp4", "riding/1.mp4", "walking/0.mp4", "walking/1.mp4",
    ]  # fmt: skip


def test_bias_counts_evidence_from_stills_of_the_folder(
    videos: Path, card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(videos, card, tmp_path / "out") == 0
    page = (tmp_path / "out" / "bias.html").read_text(encoding="utf-8")
    assert "stills of 4 videos of the folder, its own among them" in page
    said = capsys.readouterr().out
    assert "from one picture; " in said
    save_prior(Prior((0.0, 9.0), "two stills"), tmp_path / "p.json")
    assert run(videos, card, tmp_path / "other", "--prior", str(tmp_path / "p.json")) == 0
    page = (tmp_path / "other" / "bias.html").read_text(encoding="utf-8")
    assert "two stills" in page


def test_bias_of_one_video_counts_from_its_own_first_clip(
    videos: Path, card: Path, tmp_path: Path
) -> None:
    assert run(videos / "riding" / "0.mp4", card, tmp_path / "out") == 0
    page = (tmp_path / "out" / "bias.html").read_text(encoding="utf-8")
    assert bias_report.PRIOR_OF_CLIP in page


def test_bias_of_another_sigma_starts_anew(videos: Path, card: Path, tmp_path: Path) -> None:
    assert run(videos, card, tmp_path / "out", "--sigma", "0") == 0
    before = (tmp_path / "out" / "clips.csv").read_text()
    assert run(videos, card, tmp_path / "out", "--sigma", "3") == 0
    assert (tmp_path / "out" / "clips.csv").read_text() != before


def test_bias_says_what_is_wrong(
    videos: Path, card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "gone", card, tmp_path / "out") == 1
    assert "does not exist" in capsys.readouterr().err
    assert run(videos, card, tmp_path / "out", "--preset", "best") != 0
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(empty, card, tmp_path / "out") == 1
    assert "no video" in capsys.readouterr().err


def test_bias_refuses_a_model_of_values(
    videos: Path, card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card.write_text(card.read_text() + 'activation = "none"\n')
    assert run(videos, card, tmp_path / "out") == 1
    assert "net gives values" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_bias_gives_the_method_its_options(videos: Path, card: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(videos, card, out, "--method", "smooth_grad", "--option", "samples=2") == 0
    assert "samples=2" in (out / "bias.html").read_text(encoding="utf-8")


def test_bias_refuses_an_option_at_once(
    videos: Path, card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(videos, card, tmp_path / "out", "--option", "samples=2") == 1
    assert "samples" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
