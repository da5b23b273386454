"""Training plans: clips and length of training for each network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from torch import nn

from benchmarks.motion_figures.clip_store import rendered
from benchmarks.motion_figures.ladder import RUNGS, train_rung
from benchmarks.motion_figures.networks import NETWORKS, load_network, save_weights
from benchmarks.motion_figures.training import Clips, Plan, train
from engine.models.networks.figures import FIGURES_LABELS

SEED = 7
"""Of everything that is trained; another one gives other clips and other networks."""

SHIPPED = Path(__file__).with_name("weights")
"""Where the ladder's weights are kept, so that its figures can be had without training."""

LADDER_CLIPS = 2400
LADDER = Plan(SEED, (64,) * 12 + (112,) * 2, recolour=False)
"""Small pictures first, a third of the cost, then whole ones."""


@dataclass(frozen=True, slots=True)
class Course:
    """Amounts of training, with seeds set on use.

    Attributes
    ----------
    name : str
        Part of the names of files; empty for what is measured.
    clips, large_clips : int
        Clips for the bundled network, twice, and for the large ones.
    unlike, strange : int
        Clips without a figure beside the bundled network's, in its first training and its second.
    first, second : Plan
        Of the bundled network's two trainings.
    large : dict of Plan
        Of the large networks, by name.
    """

    name: str
    clips: int
    large_clips: int
    unlike: int
    strange: int
    first: Plan
    second: Plan
    large: dict[str, Plan]


WHOLE = Course(
    name="",
    clips=6000,
    large_clips=2400,
    unlike=800,
    strange=1600,
    first=Plan(SEED, (64,) * 9 + (112,) * 4),
    second=Plan(SEED + 1, (96,) * 3 + (112,) * 5, rate=5e-4),
    large={
        "r3d_18": Plan(SEED, (64,) * 8 + (112,), (1600,) * 8 + (320,), rate=2e-4, averaging=0.98),
        "r2plus1d_18": Plan(
            SEED, (64,) * 5 + (112,), (1600,) * 5 + (320,), rate=4e-4, averaging=0.98
        ),
    },
)
SHORT = Course(
    name="-short",
    clips=160,
    large_clips=32,
    unlike=20,
    strange=20,
    first=Plan(SEED, (64, 64)),
    second=Plan(SEED + 1, (96,), rate=5e-4),
    large={name: Plan(SEED, (64,)) for name in NETWORKS if name != "figures"},
)
"""Teaches nothing, but shows in minutes that a training repeats itself, or goes on."""


def trained(name: str, seed: int, folder: Path, course: Course = WHOLE) -> Path:
    """Return the weights of a network, trained unless the folder has them.

    Parameters
    ----------
    name : str
        One of `NETWORKS`.
    seed : int
        >= 1.
    folder : Path
        Where clips, states and weights are kept.
    course : Course
        How much is trained.
    """
    weights = folder / f"{name}{course.name}-{seed}.safetensors"
    if weights.exists():
        return weights
    if name == "figures":
        first = _first(seed, folder, course)
        clips = _clips(seed + 1, course.clips, folder, "strange", course.strange)
        plan = replace(course.second, seed=seed + 1)
        _train("figures, second", lambda: load_network("figures", first), plan, clips, weights)
    else:
        clips = _clips(seed, course.large_clips, folder)
        _train(name, NETWORKS[name], replace(course.large[name], seed=seed), clips, weights)
    return weights


def _first(seed: int, folder: Path, course: Course) -> Path:
    """Plan the bundled network's first training, before one on other and stranger clips."""
    weights = folder / f"figures-first{course.name}-{seed}.safetensors"
    if not weights.exists():
        clips = _clips(seed, course.clips, folder, "unlike", course.unlike)
        _train("figures", NETWORKS["figures"], replace(course.first, seed=seed), clips, weights)
    return weights


def _clips(seed: int, count: int, folder: Path, beside: str = "unlike", others: int = 0) -> Clips:
    shown = rendered("any sign", seed, count, folder / "clips")
    labels = np.arange(count) % len(FIGURES_LABELS)
    return Clips(shown, labels, rendered(beside, seed, others, folder / "clips"))


def _train(
    name: str, make: Callable[[], nn.Module], plan: Plan, clips: Clips, weights: Path
) -> None:
    save_weights(train(make, plan, clips, weights.with_suffix(".state"), name), weights)


def ladder(seed: int, folder: Path, *, retrain: bool) -> dict[float, Path]:
    """Return the weights of the ladder by b, shipped or trained.

    Parameters
    ----------
    seed : int
        >= 1.
    folder : Path
        Where clips, states and weights are kept.
    retrain : bool
        Whether to train them although they are kept here.
    """
    files = {}
    for b in RUNGS:
        name = f"ladder-{b:g}-{seed}.safetensors"
        if retrain or not (SHIPPED / name).exists():
            train_rung(b, replace(LADDER, seed=seed), LADDER_CLIPS, folder)
            files[b] = folder / name
        else:
            files[b] = SHIPPED / name
    return files
