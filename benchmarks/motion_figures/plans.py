"""What each network is trained on, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import nn

from benchmarks.motion_figures.clip_store import rendered
from benchmarks.motion_figures.ladder import RUNGS, train_rung
from benchmarks.motion_figures.networks import NETWORKS, load_network, save_weights
from benchmarks.motion_figures.training import Clips, Plan, train
from engine.models.figures import FIGURES_LABELS

SEED = 7
"""Of everything that is trained; another one gives other clips and other networks."""

BUNDLED_CLIPS = 6000
BESIDE = {"unlike": 800, "strange": 1600}
LARGE_CLIPS = 2400
LADDER_CLIPS = 2400

SHIPPED = Path(__file__).with_name("weights")
"""Where the ladder's weights are kept, so that its figures can be had without training."""


FIRST = Plan(SEED, (64,) * 9 + (112,) * 4)
SECOND = Plan(SEED + 1, (96,) * 3 + (112,) * 5, rate=5e-4)
LADDER = Plan(SEED, (64,) * 12 + (112,) * 2, recolour=False)
LARGE = Plan(SEED, (64,) * 4 + (112,), (1600,) * 4 + (320,))
"""Small pictures first, a third of the cost, then whole ones."""


def trained(name: str, seed: int, folder: Path) -> Path:
    """Weights of a network, trained unless the folder has them.

    Parameters
    ----------
    name : str
        One of `NETWORKS`.
    seed : int
        >= 1.
    folder : Path
        Where clips, states and weights are kept.
    """
    if name == "figures":
        return _bundled(seed, folder)
    weights = folder / f"{name}-{seed}.safetensors"
    if not weights.exists():
        clips = _clips(seed, BUNDLED_CLIPS, "unlike", folder / "clips", most=LARGE_CLIPS)
        _train(name, NETWORKS[name], replace(LARGE, seed=seed), clips, weights)
    return weights


def _bundled(seed: int, folder: Path) -> Path:
    """Two trainings: the second one goes on with other clips, and with stranger ones beside."""
    first = folder / f"figures-first-{seed}.safetensors"
    second = folder / f"figures-{seed}.safetensors"
    if not first.exists():
        clips = _clips(seed, BUNDLED_CLIPS, "unlike", folder / "clips")
        _train("figures", NETWORKS["figures"], replace(FIRST, seed=seed), clips, first)
    if not second.exists():
        clips = _clips(seed + 1, BUNDLED_CLIPS, "strange", folder / "clips")
        plan = replace(SECOND, seed=seed + 1)
        _train("figures, second", lambda: load_network("figures", first), plan, clips, second)
    return second


def _clips(seed: int, count: int, beside: str, folder: Path, most: int | None = None) -> Clips:
    shown = rendered("any sign", seed, count, folder)[:most]
    labels = np.arange(len(shown)) % len(FIGURES_LABELS)
    return Clips(shown, labels, rendered(beside, seed, BESIDE[beside], folder))


def _train(
    name: str, make: Callable[[], nn.Module], plan: Plan, clips: Clips, weights: Path
) -> None:
    save_weights(train(make, plan, clips, weights.with_suffix(".state"), name), weights)


def ladder(seed: int, folder: Path, *, retrain: bool) -> dict[float, Path]:
    """Weights of the ladder by b: those that are kept here, or trained.

    Parameters
    ----------
    seed : int
        >= 1.
    folder : Path
        Where clips, states and weights are kept.
    retrain : bool
        Whether to train them although they are kept here.
    """
    found = {}
    for b in RUNGS:
        name = f"ladder-{b:g}-{seed}.safetensors"
        if retrain or not (SHIPPED / name).exists():
            train_rung(b, replace(LADDER, seed=seed), LADDER_CLIPS, folder)
            found[b] = folder / name
        else:
            found[b] = SHIPPED / name
    return found
