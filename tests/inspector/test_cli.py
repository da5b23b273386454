from __future__ import annotations

import csv
import json
import logging
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from engine.utils.printable import PrintableFormatter
from inspector.cli import _TerminalFormatter, main
from tests.clips import moving_square, write_clip
from tests.engine.networks import warmed_up

FRAMES = 24


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "square.mp4", moving_square(FRAMES))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "random.pth"
    torch.save(warmed_up("figures").state_dict(), path)
    return path


def count_frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_explain_writes_clip_numbers_and_settings(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    assert main(["explain", str(clip), "--out", str(out), "--frames", "3:21"]) == 0
    assert count_frames(out / "annotated.mp4") == 18
    rows = list(csv.DictReader((out / "frames.csv").read_text().splitlines()))
    assert [int(row["frame"]) for row in rows] == list(range(3, 21))
    assert list(rows[0])[:6] == [
        "frame",
        "time_s",
        "relevance",
        "motion",
        "changing_share",
        "score",
    ]
    document = json.loads((out / "analysis.json").read_text())
    assert document["range"] == [3, 21]
    assert document["request"]["sigma"] == 1.0
    assert (out / "timeline.png").stat().st_size > 1000
    assert (out / "arrays.zarr").is_dir()


def test_explain_writes_the_clip_in_another_format(clip: Path, tmp_path: Path) -> None:
    words = ["explain", str(clip), "--out", str(tmp_path), "--frames", "0:16", "--format", "gif"]
    assert main(words) == 0
    assert count_frames(tmp_path / "annotated.gif") == 16
    assert not (tmp_path / "annotated.mp4").exists()


def test_explain_refuses_formats_that_do_not_fit(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["explain", str(clip), "--out", str(tmp_path / "out"), "--format"]
    assert main([*words, "avi"]) == 2
    assert main([*words, "gif", "--sound"]) == 1
    assert "--format mp4 or webm" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_explain_takes_weights_of_a_torchvision_network(clip: Path, tmp_path: Path) -> None:
    file = tmp_path / "r3d.pth"
    torch.save(warmed_up("r3d_18").state_dict(), file)
    out = tmp_path / "results"
    words = ["explain", str(clip), "--out", str(out), "--model", "r3d_18", "--weights", str(file)]
    assert main([*words, "--frames", "0:16", "--class", "juggling balls"]) == 0
    assert count_frames(out / "annotated.mp4") == 16
    document = json.loads((out / "analysis.json").read_text())
    assert {window["label"] for window in document["windows"]} == {"juggling balls"}


def bad_video(kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.mp4"
    if kind == "text":
        path.write_text("this is not a video\n" * 50)
    elif kind == "empty":
        path.touch()
    elif kind == "audio":
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=44100, layout="mono")
            silence = np.zeros((1, 1024), np.float32)
            frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            frame.sample_rate = 44100
            container.mux(stream.encode(frame))
            container.mux(stream.encode())
    elif kind == "truncated":
        whole = write_clip(folder / "whole.mp4", moving_square(30)).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize("kind", ["missing", "text", "empty", "audio", "truncated", "folder"])
def test_explain_refuses_a_bad_video_in_one_line(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = bad_video(kind, tmp_path)
    out = tmp_path / "results"
    assert main(["explain", str(video), "--out", str(out)]) == 1
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 2
    assert video.name in told[0]
    assert told[1].startswith("Hint: ")
    assert not list(tmp_path.glob("*results*"))


@pytest.mark.parametrize(
    "words",
    [
        ["--sigma", "-1"],
        ["--sigma", "nan"],
        ["--frames", "10:99"],
        ["--frames", "9:3"],
        ["--class", "flying"],
        ["--model", "r9d"],
        ["--method", "guess"],
        ["--preset", "best"],
        ["--device", "abacus"],
        ["--labels", "missing.txt"],
    ],
)
def test_explain_refuses_a_bad_setting_in_one_line(
    words: list[str], clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results"
    assert main(["explain", str(clip), "--out", str(out), *words]) == 1
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 2
    assert "Traceback" not in told[0]
    assert not list(tmp_path.iterdir())


def test_explain_refuses_weights_of_another_network(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "other.pth"
    torch.save(torch.nn.Conv3d(3, 4, 3).state_dict(), file)
    out = tmp_path / "results"
    assert main(["explain", str(clip), "--out", str(out), "--weights", str(file)]) == 1
    assert "other.pth" in capsys.readouterr().err
    assert not list(tmp_path.glob("*results*"))


def test_explain_refuses_a_file_as_its_folder(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results"
    out.write_text("precious")
    assert main(["explain", str(clip), "--out", str(out)]) == 1
    assert "results" in capsys.readouterr().err
    assert out.read_text() == "precious"


@pytest.mark.parametrize("name", ["loop", "x" * 300, "a/" * 2100])
def test_explain_refuses_what_is_no_folder(
    name: str, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert main(["explain", str(clip), "--out", str(tmp_path / name)]) == 1
    assert "cannot be a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["explain"], ["explain", "a.mp4", "--out", "o", "--frames", "x"]]
)
def test_wrong_usage_exits_with_two(words: list[str]) -> None:
    assert main(words) == 2


def test_interruption_exits_with_130(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.pipeline.window_run.Explainer", interrupted)
    assert main(["explain", str(clip), "--out", str(tmp_path / "out")]) == 130
    assert not list(tmp_path.iterdir())


def test_models_and_methods_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    assert main(["methods"]) == 0
    printed = capsys.readouterr().out
    for name in ("figures", "r3d_18", "mc3_18", "r2plus1d_18", "s3d", "lrp", "gradient"):
        assert name in printed


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("motion-inspector 0.")


def test_headless_never_imports_qt(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    program = (
        "import sys; from inspector.cli import main\n"
        f"words = ['explain', {str(clip)!r}, '--out', {str(out)!r}, '--frames', '0:16']\n"
        "code = main(words)\n"
        "found = [name for name in sys.modules if name.split('.')[0] in ('PySide6', 'pyqtgraph')]\n"
        "sys.exit(code or (print(found) or 5 if found else 0))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_methods_shows_the_card_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["methods", "rise"]) == 0
    printed = capsys.readouterr().out
    assert "When to trust it" in printed
    assert "samples=1000" in printed
    assert main(["methods", "risse"]) == 1
    assert "rise" in capsys.readouterr().err


def test_motion_use_prints_four_scores(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["motion-use", str(clip), "--class", "running", "--start", "2"]) == 0
    printed = capsys.readouterr().out
    for word in ("running", "as it is", "frozen", "reversed", "shuffled"):
        assert word in printed
    assert main(["motion-use", str(clip), "--start", "99"]) == 1
    assert "24 frames" in capsys.readouterr().err


def test_layers_are_listed_with_their_shapes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers"]) == 0
    printed = capsys.readouterr().out
    assert "* features" in printed
    assert "map of 16 steps of 7 x 7" in printed
    assert "no height and width" in printed


def test_explain_takes_options_of_the_method(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "results"
    words = ["explain", str(clip), "--out", str(out), "--frames", "0:16", "--class", "running"]
    words += ["--against", "walking", "--method", "layer-cam", "--option", "layer=features.2"]
    assert main(words) == 0
    request = json.loads((out / "analysis.json").read_text())["request"]
    assert request["method"] == "layer_cam"
    assert request["options"] == [["layer", "features.2"]]
    assert main([*words[:-1], "layer"]) == 2
    assert main([*words[:-1], "layer=nowhere"]) == 1


def test_flow_compares_results_with_optical_flow(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results"
    assert main(["explain", str(clip), "--out", str(out), "--frames", "0:16"]) == 0
    assert main(["flow", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "Chance level" in printed
    assert len((out / "flow.csv").read_text().splitlines()) == 17
    assert main(["flow", str(out), "--kind", "guess"]) == 1
    assert main(["flow", str(out), "--threshold", "-1"]) == 1
    assert main(["flow", str(tmp_path)]) == 1


def test_explain_refuses_windows_that_overlap_wholly(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(clip), "--out", str(tmp_path / "out"), "--overlap", "1"]) != 0
    assert "--overlap" in capsys.readouterr().err


def test_an_error_on_the_terminal_leaves_its_traceback_to_the_log_file() -> None:
    terminal = _TerminalFormatter(logging.BASIC_FORMAT, traces=False)
    try:
        raise ValueError("deep down")
    except ValueError:
        log = logging.getLogger("x")
        record = log.makeRecord("x", logging.ERROR, "f", 1, "failed", (), sys.exc_info())
    assert "Traceback" not in terminal.format(record)
    assert "Traceback" in PrintableFormatter().format(record)
    assert "Traceback" not in terminal.format(record)
