"""A small share of hostile files: each is read, or refused in one sentence with a hint."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

import numpy as np
import pytest
from torch import nn

from benchmarks.hostile.checkpoints import hostile_checkpoint
from benchmarks.hostile.texts import mutated_annotations, mutated_card, mutated_json
from engine.annotations.notes import read_webvtt
from engine.errors import EngineError
from engine.models.cards.reading import read_card
from engine.models.labels import read_labels
from engine.models.weights.checkpoint import read_weights
from engine.models.weights.fitting import fit, matched

CARD = """name = "mine"
network = "net.py:build"
labels = "labels.txt"
frames = 16
fps = 15
resize = [128, 171]
crop = 112
mean = [0.4, 0.4, 0.4]
std = 0.2
"""
CUES = "WEBVTT\n\n00:00.000 --> 00:01.000\na <b>note</b>\n\n00:01.000 --> 00:02.000\nb\n"
LABELS = '{"id2label": {"0": "wave", "1": "clap"}, "other": [1, 2.5, null]}'


def card(path: Path, random: Random) -> None:
    path.write_bytes(mutated_card(CARD, random))
    read_card(path).spec(None, ("a", "b"))


def labels(path: Path, random: Random) -> None:
    path.write_bytes(mutated_json(LABELS, random))
    read_labels(path)


def notes(path: Path, random: Random) -> None:
    path.write_bytes(mutated_annotations(CUES, random))
    read_webvtt(path, np.arange(0, 3, 0.04))


def weights(path: Path, random: Random) -> None:
    hostile_checkpoint(path, random)
    network = nn.Linear(4, 4)
    fit(network, matched(network, read_weights(path)), "net", str(path))


def refused(read: Callable[[Path, Random], None], path: Path, random: Random) -> EngineError | None:
    try:
        read(path, random)
    except EngineError as error:
        return error
    return None


@pytest.mark.parametrize("read", [card, labels, notes, weights])
def test_hostile_files_are_read_or_refused(
    read: Callable[[Path, Random], None], tmp_path: Path
) -> None:
    for seed in range(60):
        started = time.process_time()
        refusal = refused(read, tmp_path / "file.json", Random(seed))
        if refusal is not None:
            assert "\n" not in str(refusal), seed
            assert len(str(refusal)) < 2_000, seed
            assert refusal.hint, seed
        assert time.process_time() - started < 5, seed


def within_a_gigabyte(path: Path) -> None:
    """Read hostile checkpoints with one more gigabyte of addresses than there are now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + 2**30
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    for seed in range(40):
        with suppress(EngineError):
            weights(path, Random(seed))


@pytest.mark.skipif(sys.platform != "linux", reason="limits of addresses are Linux's")
def test_hostile_checkpoints_take_less_than_a_gigabyte(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from tests.benchmarks import test_hostile as t; "
    code += "t.within_a_gigabyte(Path(sys.argv[1]))"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code, tmp_path / "w.pth"], check=True, cwd=root)
