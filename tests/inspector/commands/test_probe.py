"""``probe``: facts of a video, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.video.facts import is_constant_rate
from inspector.cli import main
from tests.engine.video.numbered import Clip
from tests.engine.video.test_refusals import damaged_file


def test_probe_json_tells_what_the_file_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    times_ms = [0, 40, 80, 300, 340]
    path = Clip("a.mkv", "libx264", frames=5, times_ms=times_ms).write(tmp_path)
    assert main(["probe", str(path), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["frames"] == 5
    assert (facts["width"], facts["height"], facts["bit_depth"]) == (128, 96, 8)
    assert facts["codec"].startswith("H.264")
    assert facts["constant_rate"] is False
    assert facts["duration_s"] == pytest.approx(0.34 + 0.34 / 4, abs=1e-3)
    assert facts["damaged_frames"] == []


def test_probe_names_damage_when_it_is_to_verify(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = damaged_file(tmp_path)
    assert main(["probe", str(path), "--verify"]) == 0
    told = capsys.readouterr().out
    assert "10 in " in told
    assert "Damaged" in told


def test_probe_says_how_wide_pixels_are_to_be_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def widen(stream: object) -> None:
        stream.codec_context.sample_aspect_ratio = 2  # type: ignore[attr-defined]

    assert main(["probe", str(Clip("a.mp4", "libx264", prepare=widen).write(tmp_path))]) == 0
    assert "128 x 96, shown as 256 x 96" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("-", "standard input"),
        ("https://127.0.0.1/a.mp4", "an address, not a file"),
        ("missing.mp4", "does not exist"),
    ],
)
def test_probe_refuses_what_is_no_file(
    name: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", name]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert reason in lines[0]
    assert len(lines) == 2


def test_is_constant_rate_allows_for_the_rounding_of_the_clock() -> None:
    milliseconds = np.round(np.arange(50) * 1000 / 30) / 1000
    assert is_constant_rate(milliseconds, 0.001)
    assert not is_constant_rate(np.append(milliseconds, 3.0), 0.001)
    assert is_constant_rate(np.array([0.0, 5.0]), 0.001)
