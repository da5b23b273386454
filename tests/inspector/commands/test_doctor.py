from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from inspector import doctor_devices, doctor_findings
from inspector.cli import main
from inspector.commands import doctor as command
from inspector.doctor_findings import Finding, QtProbe, codec_findings, folder_findings
from tests.engine.models.devices.conftest import untested as untested
from tests.engine.models.devices.faults import Faulty, of_type

pytestmark = pytest.mark.usefixtures("untested")


class NoWindow:
    def finding(self) -> Finding:
        return Finding("Window", "Qt", "there is no display", "note", "None is needed.")


@pytest.fixture(autouse=True)
def no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Qt in a process of its own takes a second; one test has it."""
    monkeypatch.setattr(command, "QtProbe", NoWindow)


def report(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, object]]:
    capsys.readouterr()
    code = main(["doctor", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert code == (0 if told["healthy"] else 1)
    return {"tests": told["self_tests"], **{one["name"]: one for one in told["findings"]}}


def test_doctor_finds_a_healthy_machine_healthy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    told = capsys.readouterr().out
    for part in ("Versions", "cpu float32  right", "h264", "Bundled", torch.__version__[:5]):
        assert part in told
    assert "None is needed." in told


def test_doctor_tells_every_layer_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    tests = report(capsys)["tests"]
    assert [test["test"]["precision"] for test in tests if test["device"] == "cpu"] == [
        *("float32", "bf16", "fp16")
    ]
    assert {layer["layer"] for layer in tests[0]["test"]["layers"]} == {"conv3d", "linear", "LSTM"}


def test_doctor_refuses_a_device_that_computes_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with Faulty(of_type(torch.float32, "convolution")):
        finding = report(capsys)["cpu float32"]
    assert finding["level"] == "trouble"
    assert "conv3d: error" in finding["text"]
    assert finding["advice"]


def test_doctor_tests_anew_what_was_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with Faulty(of_type(torch.bfloat16)):
        assert report(capsys)["cpu bf16"]["level"] == "trouble"
    assert report(capsys)["cpu bf16"]["level"] == "ok"


def test_doctor_works_without_torch(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OSError("libcudart.so.13: cannot open shared object file\nmore")

    monkeypatch.setattr(doctor_devices, "import_torch", fail)
    assert main(["doctor"]) == 1
    assert "torch cannot be imported: OSError: libcudart.so.13" in capsys.readouterr().out


def test_doctor_tells_of_a_card_that_does_not_answer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: object) -> None:
        raise RuntimeError("CUDA error: device is lost\nCompile with ...")

    monkeypatch.setattr("engine.models.devices.facts.device_facts", gone)
    assert report(capsys)["cpu"]["text"] == "does not answer: CUDA error: device is lost"


def test_doctor_tells_of_an_old_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    (old, _), (new,) = (list(doctor_devices._torch_findings(v)) for v in ("2.9.1+cu128", "2.10.0"))
    assert (old.level, new.level) == ("trouble", "ok")
    assert "2.10" in old.advice


def test_folders_that_cannot_be_written_to_are_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MOTION_INSPECTOR_CACHE", str(tmp_path / "file" / "below"))
    cache, *_ = folder_findings()
    assert (cache.level, "MOTION_INSPECTOR_CACHE" in cache.advice) == ("trouble", True)


def test_folders_tell_what_they_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kept").write_bytes(bytes(1_500_000))
    monkeypatch.setenv("MOTION_INSPECTOR_CACHE", str(tmp_path))
    cache, *_ = folder_findings()
    assert "1.5 MB used" in cache.text
    monkeypatch.setattr(doctor_findings, "_FOLDERS_NEED_MB", 10**9)
    assert [finding.level for finding in folder_findings()] == ["trouble"] * 3


@pytest.mark.parametrize(("missing", "level"), [("prores", "note"), ("h264", "trouble")])
def test_codecs_that_are_missing_are_named(
    missing: str, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_findings, "_decodes", lambda name: name != missing)
    found = {finding.name: finding for finding in codec_findings()}
    assert (found["Missing"].text, found["Missing"].level) == (missing, level)


def test_qt_that_does_not_start_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_findings, "_QT_PROGRAM", "raise SystemExit('no plugin')")
    finding = QtProbe().finding()
    assert (finding.level, finding.text) == ("trouble", "Qt does not start: no plugin")


def test_qt_tells_platform_and_screen() -> None:
    finding = QtProbe().finding()
    assert finding.level == "ok"
    assert "platform offscreen, screen " in finding.text
