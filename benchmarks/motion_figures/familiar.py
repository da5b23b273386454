"""The record of the bundled weights: how they were made, and which videos they know.

Whether a video is like the training data is told by the highest logit
(`engine.diagnostics.out_of_distribution`). The limit is what all but a few held-out clips exceed,
half of them as they are and half through the H.264 encoder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.motion_figures.augment import normalise
from benchmarks.motion_figures.codec import random_h264
from benchmarks.motion_figures.networks import load_network
from benchmarks.motion_figures.progress import Progress
from benchmarks.motion_figures.render import UInt8Array
from benchmarks.motion_figures.strange import make_strange
from benchmarks.motion_figures.testset import CHOICE
from engine.metrics import kept_curve
from engine.models.networks.figures import FIGURES_LABELS
from engine.types import Float64Array

CLIPS = 400
"""Held-out clips of either kind."""

MISSED = 5.0
"""Percentage of the clips like the training data that are called unlike it."""


CHOSEN = "highest logit"


def write_record(weights: Path, record: Path, command: str, count: int = CLIPS) -> None:
    """Write the facts of the bundled weights beside them.

    Parameters
    ----------
    weights, record : Path
        What is described, and the file to write.
    command : str
        That made the weights.
    count : int
        Held-out clips of either kind.
    """
    network = load_network("figures", weights)
    size = sum(parameter.numel() for parameter in network.parameters())
    made = {"labels": list(FIGURES_LABELS), "parameters": size, "command": command}
    facts = made | {"torch": torch.__version__} | calibrated(network, count)
    record.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def calibrated(network: nn.Module, count: int = CLIPS) -> dict[str, Any]:
    """Return the limit, and the areas by which two scores tell the two kinds apart.

    Parameters
    ----------
    network : Module
        In evaluation mode.
    count : int
        Held-out clips of either kind.
    """
    known, strange = _scores(network, count, unlike=False), _scores(network, count, unlike=True)
    limit = float(np.percentile(known[CHOSEN], MISSED))
    return {
        "least_familiar": round(limit, 4),
        "held_out_clips": count,
        "called_unlike": {
            "held-out clips": float((known[CHOSEN] < limit).mean()),
            "clips without a figure": float((strange[CHOSEN] < limit).mean()),
        },
        "area_under_roc": {name: _area(known[name], strange[name]) for name in known},
    }


def _scores(network: nn.Module, count: int, *, unlike: bool) -> dict[str, Float64Array]:
    scores: dict[str, list[float]] = {"energy": [], "highest logit": []}
    progress = Progress("clips without a figure" if unlike else "held-out clips", count)
    for index in range(count):
        with torch.inference_mode():
            logits = network(normalise(_clip(index, unlike=unlike))[None])[0].double()
        scores["energy"].append(float(logits.logsumexp(0)))
        scores["highest logit"].append(float(logits.max()))
        progress.add()
    return {name: np.array(values) for name, values in scores.items()}


def _clip(index: int, *, unlike: bool) -> UInt8Array:
    """Return a clip of the split "choice", every second one through the encoder."""
    frames = make_strange(CHOICE.first_seed + index) if unlike else CHOICE.clip(index).frames
    return random_h264(frames, np.random.default_rng([index, 81])) if index % 2 else frames


def _area(known: Float64Array, strange: Float64Array) -> float:
    """Return the chance that a known clip scores higher than a strange one."""
    scores = np.concatenate([known, strange])
    is_known = np.arange(scores.size) < known.size
    return round(kept_curve(scores, np.ones(scores.size), is_known, ~is_known).area, 4)
