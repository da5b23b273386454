"""`motion-inspector prior`: a folder of videos in, a file that evidence is counted from out."""

from pathlib import Path

import pytest

from engine.evidence import kept_prior, load_prior
from inspector.cli import main
from tests.clips import moving_square, write_clip
from tests.inspector.commands.test_bias import card

__all__ = ["card"]


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    (tmp_path / "videos").mkdir()
    for number in range(2):
        write_clip(tmp_path / "videos" / f"{number}.mp4", moving_square(5 + number))
    return tmp_path / "videos"


def run(videos: Path, card: Path, *more: str) -> int:
    asked = ["prior", str(videos), "--model", str(card), "--trust", "--device", "cpu"]
    return main([*asked, "--stills", "2", *more])


def test_prior_is_kept_with_the_model(
    videos: Path, card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(videos, card) == 0
    said = capsys.readouterr().out
    assert said == f"{card}.prior.json: net on 4 stills of 2 videos\n"
    found = kept_prior(str(card), None, 2)
    assert found is not None
    assert (len(found.logits), found.source) == (2, "4 stills of 2 videos")


def test_prior_is_written_where_it_is_wanted(videos: Path, card: Path, tmp_path: Path) -> None:
    assert run(videos, card, "--out", str(tmp_path / "new" / "p.json")) == 0
    assert load_prior(tmp_path / "new" / "p.json", 2).source == "4 stills of 2 videos"
    assert kept_prior(str(card), None, 2) is None


def test_prior_without_videos_is_refused(
    card: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "nothing", card) == 1
    assert "is not a folder" in capsys.readouterr().err
