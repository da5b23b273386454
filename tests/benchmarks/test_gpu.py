from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import gpu
from benchmarks.gpu_rows import TABLES, Line, Setting
from benchmarks.precision import RoundedFactors, relative_error, rounded
from tests.engine.models.devices.conftest import untested as untested


def tables_in(folder: Path) -> dict[str, dict[str, object]]:
    tables: dict[str, dict[str, object]] = json.loads((folder / "gpu.json").read_text())
    return tables


def run(folder: Path, *more: str) -> int:
    return gpu.main(["--device", "cpu", "--quick", "--out", str(folder), *more])


@pytest.mark.usefixtures("untested")
def test_gpu_tells_of_the_device_and_of_its_self_test(tmp_path: Path) -> None:
    assert run(tmp_path, "--tables", "device,self-test") == 0
    tables = tables_in(tmp_path)
    assert [line["precision"] for line in tables["self-test"]["lines"]] == [
        *("float32", "bf16", "fp16")
    ]
    assert "| precision | layers |" in (tmp_path / "gpu.md").read_text()


def broken(_: Setting) -> Iterator[Line]:
    yield {"figure": 1.0}
    raise ValueError("no such kernel")


def test_gpu_keeps_the_lines_of_a_table_that_fails_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(TABLES, "broken", broken)
    monkeypatch.setitem(TABLES, "last", lambda _: iter([{"figure": 2}]))
    assert run(tmp_path, "--tables", "broken,last") == 1
    tables = tables_in(tmp_path)
    assert tables["broken"]["lines"] == [{"figure": 1.0}]
    assert tables["broken"]["state"] == "failed: ValueError: no such kernel"
    assert tables["last"]["state"] == "done"


def test_gpu_says_what_the_time_did_not_reach(tmp_path: Path) -> None:
    assert run(tmp_path, "--all", "--limit", "-1") == 0
    assert {table["state"] for table in tables_in(tmp_path).values()} == {
        "not measured: out of time"
    }
    assert list(tables_in(tmp_path)) == list(TABLES)


def test_gpu_needs_the_device_that_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu.main(["--all", "--out", str(tmp_path / "none")]) == 2
    assert not (tmp_path / "none").exists()


def test_rounded_factors_keep_ten_bits_forward_and_backward() -> None:
    values = torch.randn(2, 3, requires_grad=True)
    weights = torch.randn(3, 4)
    with RoundedFactors():
        (gradient,) = torch.autograd.grad((values @ weights).sum(), values)
    exact = rounded(torch.ones(2, 4)) @ rounded(weights).T
    assert torch.equal(gradient, exact)
    assert torch.equal(rounded(torch.tensor([1 + 2**-12])), torch.ones(1))


def test_relative_error_of_an_empty_map_is_unknown() -> None:
    assert np.isnan(relative_error(np.ones(3, np.float32), np.zeros(3, np.float32)))
