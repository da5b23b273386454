"""Evidence on networks and clips of the user: finding files, rows, and the real ones if given."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.real_networks import (
    Measured,
    MissingFilesError,
    answers,
    card_checks,
    files,
    line,
    main,
    measure,
    summary,
)
from engine.evidence import Evidence
from engine.models.networks import NETWORKS
from tests.clips import moving_square, write_clip

NETWORK = "shufflenet3d_x0_5"
REAL = os.environ.get("MOTION_INSPECTOR_REAL_NETWORKS", "")


def told(still: float, frames: float, order: float) -> Evidence:
    share = order / (still + frames + order)
    steps = np.log2(np.array([[0.25], [0.125], [0.25], [0.5]]))
    return Evidence(share, (0, 1), still, frames, order, "mixed", "", 0, "stills", steps)


def test_files_are_found_with_labels_and_clips_in_folders(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    for name in ("best.pth", "labels.txt", "clips/b.mp4", "clips/a.AVI"):
        (tmp_path / name).touch()
    weights, labels, videos = files(tmp_path)
    assert (weights.name, labels and labels.name) == ("best.pth", "labels.txt")
    assert [path.name for path in videos] == ["a.AVI", "b.mp4"]


def test_files_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFilesError, match="weights"):
        files(tmp_path)
    (tmp_path / "best.pth").touch()
    with pytest.raises(MissingFilesError, match="clips"):
        files(tmp_path)


def test_main_leaves_out_what_is_missing_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--weights", str(tmp_path), "--network", NETWORK])
    assert "left out: there are no weights" in capsys.readouterr().out


def test_line_and_summary_tell_bits_and_what_a_still_loses() -> None:
    rows = [
        Measured(f"{bits}.mp4", "waving", 0.5, 0.5 - bits / 10, told(1, bits, 1), 1e-6)
        for bits in (0, 1, 2)
    ]
    assert "clip 0.50 frozen 0.40  still, frames, order   1.00   1.00   1.00" in line(rows[1])
    assert "median share 0.33" in summary(rows)
    assert "Spearman 1.00; LRP sums to the logit within 1.0e-06" in summary(rows)


def test_answers_are_compared_where_they_are_known(tmp_path: Path) -> None:
    rows = [Measured(name, "waving", 0.5, 0.4, told(1, 1, 1), 0) for name in ("a.mp4", "b.mp4")]
    assert answers(rows, tmp_path) == "no answers.txt to compare with"
    (tmp_path / "answers.txt").write_text("a.mp4\twaving\nb.mp4\tjumping\n")
    assert answers(rows, tmp_path) == "1 of 2 answers right b.mp4: waving"


def test_measure_random_network_gives_a_row_a_clip(tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.save({"state_dict": NETWORKS[NETWORK].build(3).state_dict()}, tmp_path / "random.pth")
    write_clip(tmp_path / "clip.mp4", moving_square(40))
    (row,) = measure(NETWORK, tmp_path)
    assert row.answer.startswith("class")
    assert row.clip == pytest.approx(row.frozen, abs=0.5)
    assert row.lrp_error < 1e-2
    wrong = card_checks(NETWORK, tmp_path)[1]
    assert wrong.startswith("check-model, range (0.0, 1.0): values: The mean")


@pytest.mark.slow
@pytest.mark.skipif(not REAL, reason="MOTION_INSPECTOR_REAL_NETWORKS names no folder of weights")
def test_real_gestures_are_movement_and_no_gesture_is_not() -> None:
    rows = list(measure(NETWORK, Path(REAL) / NETWORK))
    gestures = [row for row in rows if row.answer.lower().replace("_", " ") != "no gesture"]
    shares = [row.evidence.share for row in gestures]
    assert np.median(shares) >= 0.9
    assert min(shares) >= 0.5
    others = [row.evidence.verdict for row in rows if row not in gestures]
    assert "movement" not in others
    assert max(row.lrp_error for row in rows) < 1e-5
    usual, wrong = card_checks(NETWORK, Path(REAL) / NETWORK)
    assert usual == "check-model, as it is: 9 pass"
    assert "set range = [0, 255]" in wrong
