"""Every block of Python and every command line of README and guide runs as it stands, offline."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inspector.cli import app
from resources import resource_path
from tests.clips import moving_square, write_clip

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/user-guide.md")
INSTALLS = "python3 -m venv"
OPENS_THE_WINDOW = "motion-inspector my_clip.mp4 "
ASKS_THE_MACHINE = "motion-inspector doctor "
CARD = 'name = "Mine"\nnetwork = "figures"\ncheckpoint = "figures.safetensors"\n'


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)


def command_lines(page: str) -> list[str]:
    """Return the commands of a page, but those that install, open the window, ask the machine."""
    others = INSTALLS, OPENS_THE_WINDOW, ASKS_THE_MACHINE
    lines = "".join(blocks(page, "sh")).replace("\\\n", "").splitlines()
    return [line for line in lines if not line.startswith(others)]


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Enter a folder with my_clip.mp4, my_videos, my_model.toml and my_bouts.csv of the pages."""
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "my_clip.mp4", moving_square(17))
    (tmp_path / "my_videos").mkdir()
    for number in (1, 2):
        write_clip(tmp_path / f"my_videos/{number}.mp4", moving_square(15 + number))
    with resource_path("figures.safetensors") as weights:
        (tmp_path / "figures.safetensors").write_bytes(weights.read_bytes())
    (tmp_path / "my_bouts.csv").write_text("start,stop,label\n0.2,0.6,sits\n")
    (tmp_path / "my_model.toml").write_text(CARD)
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("at_home")
def test_python_of_a_page_runs_from_top_to_bottom(page: str) -> None:
    names: dict[str, object] = {}
    for block in blocks(page, "python"):
        exec(compile(block, page, "exec"), names)
    assert "result" in names


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("at_home")
def test_commands_of_a_page_run_in_their_order(page: str) -> None:
    lines = command_lines(page)
    assert lines
    for line in lines:
        program, *words = shlex.split(line, comments=True)
        assert program == "motion-inspector"
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, f"{line}\n{done.output}"
