"""Write the bundled network's prior: ``python -m benchmarks.motion_figures.bundled_prior``.

It is measured on stills of clips such as training renders, with any sign, two of each.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks.motion_figures.clip_store import SEEDS_APART
from benchmarks.motion_figures.dataset import make_clip
from benchmarks.motion_figures.render import UInt8Array
from engine.evidence import Prior, save_prior
from engine.evidence.stills import stills_prior
from engine.evidence.variants import still_frames
from engine.models import load_model
from engine.models.networks.figures import FIGURES_LABELS

CLIPS, STILLS = 32, 2
TRAINING_SEED = 99
"""None of the networks was trained with it; its clips are drawn as those of the others."""


def training_stills() -> Iterator[UInt8Array]:
    """Render stills of clips of all activities in turn, evenly spread in time."""
    for index in range(CLIPS):
        activity = FIGURES_LABELS[index % len(FIGURES_LABELS)]
        clip = make_clip(TRAINING_SEED * SEEDS_APART + index, activity)
        for frame in still_frames(len(clip.frames), STILLS):
            yield clip.frames[frame]


def bundled_prior() -> Prior:
    """Return the prior of the bundled network."""
    source = f"{CLIPS * STILLS} stills of {CLIPS} clips of Motion Figures"
    return stills_prior(load_model("figures", device="cpu"), training_stills(), source)


def main() -> None:
    """Write it where the bundled network is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("resources/figures.prior.json"))
    save_prior(bundled_prior(), parser.parse_args().out)


if __name__ == "__main__":
    main()
