from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template, installed by pip into a folder of its own, with one plugin that is broken."""
    source, target = tmp_path_factory.mktemp("plugins") / "source", tmp_path_factory.mktemp("here")
    shutil.copytree(ROOT / "docs" / "plugin-template", source)
    project = source / "pyproject.toml"
    entry = "example-brightness = "
    broken = 'broken = "motion_inspector_example:MISSING"\n' + entry
    project.write_text(project.read_text().replace(entry, broken))
    install = ["pip", "install", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    _run(*install, "--target", str(target), str(source))
    return target


@pytest.mark.slow
def test_an_installed_method_is_listed_with_its_card(installed: Path) -> None:
    listed, _ = _run("inspector", "methods", path=installed)
    assert "example_frame_change" in listed
    card, _ = _run("inspector", "methods", "example_frame_change", path=installed)
    assert "Power of the change." in card


@pytest.mark.slow
def test_an_installed_model_is_listed_and_a_broken_one_left_out(installed: Path) -> None:
    listed, complaint = _run("inspector", "models", path=installed)
    assert "example_brightness" in listed
    assert "broken of motion-inspector-example is left out" in complaint


def _run(module: str, *words: str, path: Path | None = None) -> tuple[str, str]:
    """Run a module of Python with a folder of plugins; what it printed and complained."""
    folders = [str(ROOT), *([] if path is None else [str(path)])]
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(folders), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, done.stderr
