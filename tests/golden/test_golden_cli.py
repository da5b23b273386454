from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden.keeping import same_text
from tests.golden.spoken import END

COMMANDS = (
    "open",
    "explain",
    "motion-use",
    "frozen-frames",
    "probe",
    "flow",
    "prior",
    "bias",
    "layers",
    "demo",
    "models",
    "check-model",
    "methods",
)
SPOKEN = {
    "help": "--help",
    **{f"help-{name}": f"{name} --help" for name in COMMANDS},
    "methods": "methods",
    "methods-lrp": "methods lrp",
    "methods-layer_cam": "methods layer_cam",
    "models": "models",
    "models-r3d_18": "models r3d_18",
}
COLOURING = ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TTY_COMPATIBLE", "TERMINAL_WIDTH")
PLAIN = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "PYTHONIOENCODING": "utf-8"}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each command says, by the name of its golden file; one process for all."""
    home = str(tmp_path_factory.mktemp("home"))
    places = {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home}
    rest = {name: value for name, value in os.environ.items() if name not in COLOURING}
    run = subprocess.run(
        [sys.executable, "-m", "tests.golden.spoken"],
        input="\n".join(SPOKEN.values()),
        env=rest | PLAIN | places,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return dict(zip(SPOKEN, run.stdout.split(END)[:-1], strict=True))


@pytest.mark.parametrize("name", SPOKEN)
def test_command_line_says_what_it_said(name: str, said: dict[str, str]) -> None:
    same_text(f"cli/{name}.txt", said[name])
