from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.descriptions import CardReport, Finding
from inspector.cli import main
from inspector.commands.check_model import report_text, summary
from resources import resource_path
from tests.clips import moving_square, write_clip

NO_PICTURES = np.zeros((0, 1, 1, 3), np.uint8)


@pytest.mark.parametrize(
    ("levels", "text"),
    [
        (("pass",) * 9, "9 checks passed."),
        (("pass", "warn"), "1 check passed, 1 needs review."),
        (("pass", "pass", "fail", "warn", "warn"), "2 checks passed, 1 failed, 2 need review."),
    ],
)
def test_summary_says_what_there_is_alone(levels: tuple[str, ...], text: str) -> None:
    assert summary(tuple(Finding("check", level, "") for level in levels)) == text


def test_report_text_ends_with_a_line_a_family() -> None:
    methods = (Finding("LRP", "fail", "No rule."), Finding("perturbation", "pass", "It works."))
    report = CardReport(
        (Finding("head", "pass", "Logits."),), NO_PICTURES, (("a", 0.5),), methods=methods
    )
    assert report_text(report).splitlines() == [
        "PASS  head          Logits.",
        "Top classes: a 50.0%",
        "Methods:",
        "FAIL  LRP           No rule.",
        "PASS  perturbation  It works.",
        "2 checks passed, 1 failed.",
    ]
    assert not report.failed


def test_check_model_takes_weights_and_labels_in_place_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_clip(tmp_path / "clip.mp4", moving_square(17))
    (tmp_path / "labels.txt").write_text("".join(f"mine {number}\n" for number in range(8)))
    with resource_path("figures.safetensors") as weights:
        asked = ["check-model", "figures", str(tmp_path / "clip.mp4"), "--device", "cpu"]
        files = ["--weights", str(weights), "--labels", str(tmp_path / "labels.txt")]
        main([*asked, *files])
    assert "mine " in capsys.readouterr().out
