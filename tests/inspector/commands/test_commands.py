"""The seam of the command line: a module in `inspector.commands` is a command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inspector.cli import app, main
from inspector.commands import find_commands

TOY = """
from inspector import cli_options as options
from inspector.commands import Command
from inspector.terminal import print_text

def name(video: options.Video) -> None:
    print_text(video.name)

COMMAND = Command("name", name, "Print the name of a video.")
"""
RUN = """
import inspector.commands
inspector.commands.__path__.append({folder!r})
from inspector.cli import main
assert main(["--help"]) == 0
raise SystemExit(main(["name", "folder/a.mp4"]))
"""


def test_a_module_in_the_package_is_a_command(tmp_path: Path) -> None:
    (tmp_path / "name.py").write_text(TOY)
    program = RUN.format(folder=str(tmp_path))
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "Print the name of a video." in run.stdout
    assert run.stdout.splitlines()[-1] == "a.mp4"


def test_commands_are_listed_in_the_order_of_use() -> None:
    names = [command.name for command in find_commands()]
    assert names[:4] == ["open", "explain", "demo", "models"]
    assert names == [command.name for command in app.registered_commands]


def test_every_command_has_its_own_module_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command in find_commands():
        assert command.function.__module__.rpartition(".")[2] == command.name.replace("-", "_")
        assert main([command.name, "--help"]) == 0
        assert "Usage: motion-inspector " + command.name in capsys.readouterr().out


def test_commands_are_found_without_torch_and_qt() -> None:
    program = (
        "import sys, inspector.cli\n"
        "heavy = {'torch', 'PySide6', 'matplotlib', 'zarr'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
