"""What is trained: weights that are kept are used, and a short course repeats itself."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import torch

from benchmarks.motion_figures import clip_store
from benchmarks.motion_figures.ladder import RUNGS
from benchmarks.motion_figures.networks import load_network
from benchmarks.motion_figures.plans import SEED, SHORT, ladder, trained
from benchmarks.motion_figures.training import Plan


def test_ladder_is_kept_with_the_benchmark(tmp_path):
    found = ladder(SEED, tmp_path, retrain=False)
    assert tuple(found) == RUNGS
    assert not list(tmp_path.iterdir())
    networks = [load_network("figures", path) for path in found.values()]
    heads = [network.get_parameter("head.weight") for network in networks]
    assert not any(torch.equal(heads[0], other) for other in heads[1:])


def test_trained_twice_is_the_same_file_and_once_is_enough(tmp_path, monkeypatch):
    # for nine clips, starting processes that import torch takes longest
    monkeypatch.setattr(clip_store, "ProcessPoolExecutor", lambda *_, **__: ThreadPoolExecutor(1))
    before, drawing = torch.get_num_threads(), cv2.getNumThreads()
    course = replace(
        SHORT, clips=8, unlike=1, strange=1,
        first=Plan(SEED, (32,), threads=1), second=Plan(SEED, (32,), threads=1),
    )  # fmt: skip
    try:
        first = trained("figures", 3, tmp_path / "a", course)
        shutil.copytree(tmp_path / "a" / "clips", tmp_path / "b" / "clips")  # drawing takes longest
        paths = (first, trained("figures", 3, tmp_path / "b", course))
        assert paths[0].read_bytes() == paths[1].read_bytes()
        made = paths[0].stat().st_mtime_ns
        assert trained("figures", 3, tmp_path / "a", course) == paths[0]
        assert paths[0].stat().st_mtime_ns == made
    finally:
        torch.set_num_threads(before)
        cv2.setNumThreads(drawing)
