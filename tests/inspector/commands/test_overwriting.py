"""Commands replace what they wrote themselves, and nothing of the user's unless told to."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.cli import main
from tests.clips import moving_square, write_clip

pytestmark = pytest.mark.usefixtures("small_figures")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    (tmp_path / "videos").mkdir()
    return write_clip(tmp_path / "videos" / "annotated.mp4", moving_square(16, (64, 64)))


def ran(*words: object) -> int:
    return main([str(word) for word in words])


def test_explain_keeps_its_source_and_the_users_files(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, out = clip.read_bytes(), tmp_path / "out"
    quick = ("--method", "gradient", "--evidence", "quick", "--out")
    assert ran("explain", clip, *quick, clip.parent, "--overwrite") == 1
    assert "read" in capsys.readouterr().err
    assert clip.read_bytes() == before
    assert ran("explain", clip, *quick, out) == ran("explain", clip, *quick, out) == 0
    assert ran("flow", out) == ran("flow", out) == 0
    for name in ("frames.csv", "flow.csv"):
        (out / name).write_text("mine")
    for words in (("explain", clip, *quick, out), ("flow", out)):
        assert ran(*words) == 1
        assert "--overwrite" in capsys.readouterr().err
    assert (out / "frames.csv").read_text() == (out / "flow.csv").read_text() == "mine"
    assert ran("flow", out, "--overwrite") == 0
    assert ran("explain", clip, *quick, out, "--overwrite") == 0
    assert "mine" not in ((out / "frames.csv").read_text(), (out / "flow.csv").read_text())


@pytest.mark.parametrize("name", ["bias.csv", "unfinished.json"])
def test_a_bias_report_keeps_the_users_files(
    clip: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine")
    words = ("bias", clip.parent, "--out", tmp_path / "out", "--clips", 1, "--shuffles", 1)
    assert ran(*words) == 1
    assert name in capsys.readouterr().err
    assert (tmp_path / "out" / name).read_text() == "mine"
    assert ran(*words, "--overwrite") == ran(*words) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *(".motion-inspector.json", "bias.csv", "bias.html", "bias.png", "clips.csv")
    ]


def test_a_prior_replaces_priors_alone(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_clip(clip.parent / "b.mp4", moving_square(16, (64, 64)))
    file = tmp_path / "prior.json"
    file.write_text("mine")
    assert ran("prior", clip.parent, "--out", file) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert file.read_text() == "mine"
    assert ran("prior", clip.parent, "--out", clip, "--overwrite") == 1
    assert ran("prior", clip.parent, "--out", file, "--overwrite") == 0
    assert ran("prior", clip.parent, "--out", file) == 0
