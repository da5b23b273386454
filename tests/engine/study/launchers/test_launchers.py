"""The same worker in real Ray and in submitit's local jobs, where they are installed."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from unittest.mock import Mock

import pytest

from engine.errors import EngineError
from engine.study.launchers import ENGINES, Crew, launch
from engine.study.launchers.local import LocalWorkers, devices_of
from engine.study.optional import optional


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "package", "more"),
    [("ray", "ray", []), ("slurm", "submitit", ["--engine-option", "cluster=local"])],
)
def test_workers_of_other_launchers_give_the_same_tables(
    tmp_path: Path, engine: str, package: str, more: list[str]
) -> None:
    for name in (package, "pyarrow"):
        pytest.importorskip(name, reason=f"{name} of the extra study is missing")
    from benchmarks.study_kills import Studies

    studies = Studies(tmp_path, 3)
    assert studies.start(tmp_path / "local").wait() == 0
    ran = studies.start(tmp_path / engine, "--engine", engine, *more).wait()
    assert ran == 0, (tmp_path / "said.txt").read_text()
    for name in ("clips.parquet", "windows.parquet", "curves.parquet"):
        tables = [(tmp_path / place / name).read_bytes() for place in ("local", engine)]
        assert tables[0] == tables[1]


def test_launch_says_in_a_sentence_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ray", "submitit"):
        monkeypatch.setitem(sys.modules, name, None)
    for engine in ENGINES[1:]:
        with pytest.raises(EngineError, match=r"needs the package \w+") as raised:
            launch(engine, Crew(tmp_path))
        assert "pip install 'motion-inspector[study]'" in raised.value.hint


def test_ray_is_shut_down_where_an_option_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = Mock()
    ray.cluster_resources.return_value = {"CPU": 2.0}
    monkeypatch.setitem(sys.modules, "ray", ray)
    with pytest.raises(EngineError, match="is no number"):
        launch("ray", Crew(tmp_path, options={"num_gpus": "half"}))
    ray.shutdown.assert_called_once()


def test_optional_names_the_package() -> None:
    with pytest.raises(EngineError, match="A thing needs the package no_such_package"):
        optional("no_such_package.part", "A thing")


def test_devices_of_a_named_device_are_that_one() -> None:
    assert devices_of("cpu") == ["cpu"]
    assert devices_of("cuda:3") == ["cuda:3"]


def test_local_workers_say_why_they_cannot_work(tmp_path: Path) -> None:
    workers = LocalWorkers(Crew(tmp_path, 1))
    try:
        with pytest.raises(EngineError, match="holds no study"):
            _until_ended(workers)
    finally:
        workers.stop()


def _until_ended(workers: LocalWorkers) -> None:
    while workers.look():
        time.sleep(0.01)
