"""What can rot in the guide: links, pictures, keys, menu entries, command lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu
from typer.testing import CliRunner

from gui.main_window.window import MainWindow
from inspector.cli import app
from tests.gui.conftest import engine, window

__all__ = ["engine", "window"]

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)")
ENTRY = re.compile(r"\*\*?(File|Edit|Playback|View|Model|Compare|Help)(?:,| >) ([^*]+?)\*\*?")
GUIDE = (ROOT / "docs" / "user-guide.md").read_text(encoding="utf-8")
TOUR = (ROOT / "docs" / "five-minute-tour.md").read_text(encoding="utf-8")
STATES = ("empty", "loading", "opened", "busy", "explained", "notes", "heat", "what-if")
LATER = ("compare", "export", "error", "help-keys", "help-about")
SIZES = ("1024x640", "1280x800", "1920x1080", "1280x800@2x", "1280x800-light")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("size", SIZES)
def test_each_state_has_its_screenshot(size: str) -> None:
    folder = ROOT / "docs" / "screenshots"
    assert [
        state for state in STATES + LATER if not (folder / f"{state}-{size}.webp").is_file()
    ] == []


def test_keys_of_the_guide_are_bound(window: MainWindow) -> None:
    table = GUIDE[GUIDE.index("| key | what |") :].split("\n\n")[0]
    named = [key for row in table.splitlines()[2:] for key in re.findall(r"`(.+?)`", row)]
    bound = {keys for name in window.commands.commands for keys in window.commands.keys(name)}
    assert len(named) > 25
    texts = {key: QKeySequence(key).toString() for key in named}
    assert [key for key, text in texts.items() if text not in bound] == []


@pytest.mark.parametrize("page", [GUIDE, TOUR], ids=["guide", "tour"])
def test_menu_entries_of_the_guide_exist(page: str, window: MainWindow) -> None:
    entries = ENTRY.findall(page)
    menus = {menu.title().replace("&", ""): menu for menu in window.findChildren(QMenu)}
    texts = {
        name: [action.text().replace("&", "").removesuffix("...") for action in menu.actions()]
        for name, menu in menus.items()
    }
    assert entries
    wrong = [
        (menu, entry) for menu, entry in entries if entry.removesuffix("...") not in texts[menu]
    ]
    assert not wrong


def test_command_lines_name_commands_and_options_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^motion-inspector (\w[\w-]*) .*$", GUIDE + readme, re.M)
    commands = {name for name in lines if not name.endswith("mp4")} - {"my_clip"}
    assert commands
    for name in commands:
        shown = CliRunner().invoke(app, [name, "--help"])
        assert shown.exit_code == 0, name
    options = set(re.findall(r"(?<![-|])(--[a-z][a-z-]+)", GUIDE + readme))
    known = "".join(
        CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200"}).output
        for name in [*commands, "explain", "probe"]
    )
    assert [option for option in sorted(options) if option not in known] == []
