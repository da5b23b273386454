"""The bias ladder: one network, trained on signs that tell the activity more and more often.

Every clip has a sign. With probability b it shows the symbol of the activity, else any symbol.
The clips of all rungs are the same but for that, and a clip that tells on one rung tells on all
higher ones.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import nn

from benchmarks.motion_figures.clip_store import rendered
from benchmarks.motion_figures.networks import NETWORKS, load_network, save_weights
from benchmarks.motion_figures.training import Clips, Plan, train
from engine.models.networks.figures import FIGURES_LABELS

RUNGS = (0.0, 0.5, 0.8, 0.9, 0.95, 1.0)
"""Probabilities b that a sign tells the activity."""


def rung_clips(b: float, seed: int, count: int, folder: Path) -> Clips:
    """Return the clips of one rung.

    Parameters
    ----------
    b : float
        Probability that a sign tells, 0 to 1.
    seed : int
        Training seed.
    count : int
        Number of clips.
    folder : Path
        Where rendered clips are kept.
    """
    telling = rendered("telling sign", seed, count, folder)
    free = rendered("any sign", seed, count, folder)
    tells = np.random.default_rng([seed, 90]).random(count) < b
    chosen = [telling[i] if tells[i] else free[i] for i in range(count)]
    return Clips(chosen, np.arange(count) % len(FIGURES_LABELS))


def train_rung(b: float, plan: Plan, count: int, folder: Path) -> nn.Module:
    """Return the network of one rung, trained unless a file has it.

    Parameters
    ----------
    b : float
        Probability that a sign tells, 0 to 1.
    plan : Plan
        As for `train`; colours mean something here, so they keep their place.
    count : int
        Training clips.
    folder : Path
        Where clips, states and weights are kept.
    """
    weights = folder / f"ladder-{b:g}-{plan.seed}.safetensors"
    if not weights.exists():
        clips = rung_clips(b, plan.seed, count, folder / "clips")
        state = weights.with_suffix(".state")
        save_weights(train(NETWORKS["figures"], plan, clips, state, f"b = {b:g}"), weights)
    return load_network("figures", weights)
