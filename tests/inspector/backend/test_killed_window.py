from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from engine.pipeline import explain
from engine.types import Request
from tests.clips import moving_square, write_clip
from tests.engine.networks import warmed_up

FRAMES = 88
WINDOWS = 10

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9"),
]


class Runs:
    """Windows in processes of their own that share a home."""

    def __init__(self, home: Path, video: Path, weights: Path) -> None:
        self._words = [str(video), str(weights)]
        self._env = os.environ | {
            "QT_QPA_PLATFORM": "offscreen",
            "MOTION_INSPECTOR_CACHE": str(home / "cache"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CONFIG_HOME": str(home / "settings"),
        }

    def start(self, *deed: str) -> subprocess.Popen[str]:
        command = [
            sys.executable,
            "-m",
            "tests.inspector.backend.killed_window",
            *self._words,
            *deed,
        ]
        root = Path(__file__).parents[3]
        return subprocess.Popen(command, cwd=root, env=self._env, stdout=subprocess.PIPE, text=True)

    def kill_at(self, line: str, *deed: str) -> None:
        """Kill a run when it tells a line."""
        run = self.start(*deed)
        assert run.stdout is not None
        for told in run.stdout:
            if told.startswith(line):
                run.kill()
                break
        run.stdout.close()
        assert run.wait(60) == -9, "it ended before it could be killed"

    def recovered(self) -> dict[str, list[str]]:
        """What the next start tells, by the first word of the line."""
        run = self.start("recover")
        out, _ = run.communicate(timeout=120)
        assert run.returncode == 0
        found: dict[str, list[str]] = {}
        for line in out.splitlines():
            word, _, rest = line.partition(" ")
            found.setdefault(word, []).append(rest)
        return found


@pytest.fixture
def asked(tmp_path: Path) -> tuple[Path, Path]:
    weights = tmp_path / "random.pth"
    torch.save(warmed_up("figures").state_dict(), weights)
    return write_clip(tmp_path / "square.mp4", moving_square(FRAMES)), weights


def test_window_killed_while_explaining_goes_on_where_it_stopped(
    asked: tuple[Path, Path], tmp_path: Path
) -> None:
    runs = Runs(tmp_path / "home", *asked)
    runs.kill_at("window 4", "explain")
    found = runs.recovered()
    assert "goes on where it stopped" in found["offered"][0]
    assert int(found["window"][0]) >= 3, "it began anew"
    assert found["notes"] == ["noted"]
    torch.set_num_threads(1)
    whole = explain(Request(asked[0], weights=asked[1], device="cpu", frames=(0, FRAMES)))
    steps = whole.read_steps(0, whole.steps_written)
    assert found["relevance"] == [hashlib.sha256(steps.tobytes()).hexdigest()]
    whole.close()


def test_window_killed_while_exporting_leaves_no_half_file(
    asked: tuple[Path, Path], tmp_path: Path
) -> None:
    runs = Runs(tmp_path / "home", *asked)
    out = tmp_path / "out" / "clip.mp4"
    out.parent.mkdir()
    runs.kill_at("exporting", "export", str(out))
    assert not out.exists()
    found = runs.recovered()
    assert found["notes"] == ["noted"]
    assert "problem" not in found
    assert not out.exists()
