from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_wheel_carries_everything_it_needs(tmp_path: Path) -> None:
    def run(*words: str, **environment: str) -> str:
        done = subprocess.run(
            words,
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    wheels = tmp_path / "wheels"
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels)]
    run(*build, str(ROOT))
    (wheel,) = wheels.glob("*.whl")
    target = tmp_path / "installed"
    run(sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(target), str(wheel))
    program = str(target / "bin" / "motion-inspector")
    assert "figures" in run(sys.executable, program, "models", PYTHONPATH=str(target))
    where = (
        "import inspector, resources; print(inspector.__file__)\n"
        "from engine.models import load_model; load_model('figures', device='cpu')\n"
        "assert len(resources.resource_bytes('demo.mp4')) > 100_000\n"
        "assert resources.resource_bytes('bias-report.html')\n"
        "assert resources.resource_bytes('style.qss')"
    )
    assert str(target) in run(sys.executable, "-c", where, PYTHONPATH=str(target))
