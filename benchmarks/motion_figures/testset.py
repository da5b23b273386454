"""The fixed clips that everything is measured on, version 1: one seed, the same bytes everywhere.

Half of them have textures that training never sees; bodies, motions and cameras are drawn anew
in all. ``testset_1.json`` holds a checksum of every clip, so that a machine can tell whether it
draws the same ones.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.motion_figures.dataset import FigureClip, make_clip
from benchmarks.motion_figures.scenery import HELD_OUT_FAMILIES, TRAINING_FAMILIES
from engine.models.networks.figures import FIGURES_LABELS

VERSION = 1
"""Changes whenever a byte of a clip does."""

TEST_CLIPS = 400
MANIFEST = Path(__file__).with_name(f"testset_{VERSION}.json")


@dataclass(frozen=True, slots=True)
class Split:
    """Some clips that no network was trained on.

    Attributes
    ----------
    name : str
        What it is for.
    first_seed : int
        Seed of its first clip; training clips have seeds from ``clip_store.SEEDS_APART`` on.
    """

    name: str
    first_seed: int

    def clip(self, index: int, telling: bool = False) -> FigureClip:
        """Render one clip of the split.

        Parameters
        ----------
        index : int
            From 0. Activities take turns, and after all eight so do the two kinds of textures:
            those of training, and those held out from it.
        telling : bool
            Whether the sign shows the activity's symbol, or any.
        """
        label = index % len(FIGURES_LABELS)
        held_out = is_held_out(index)
        return make_clip(
            self.first_seed + index,
            FIGURES_LABELS[label],
            families=HELD_OUT_FAMILIES if held_out else TRAINING_FAMILIES,
            shown=label if telling else None,
        )


TEST = Split("test", 1_000_000)
"""What is reported."""

CHOICE = Split("choice", 2_000_000)
"""What the selector was chosen on, and the scores of familiarity calibrated."""


def is_held_out(index: int) -> bool:
    """Return true if a clip's textures are of a family that training never sees."""
    return index // len(FIGURES_LABELS) % 2 == 1


def checksum(clip: FigureClip) -> str:
    """Return the first 16 digits of the SHA-256 of frames, labels and masks."""
    digest = hashlib.sha256()
    for array in (clip.frames, clip.labels, clip.moving):
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]


def write_manifest(path: Path = MANIFEST) -> None:
    """Write the checksums of all clips of the test set, with either kind of sign."""
    sums = [
        {"any sign": checksum(TEST.clip(i)), "telling sign": checksum(TEST.clip(i, telling=True))}
        for i in range(TEST_CLIPS)
    ]
    manifest = {"version": VERSION, "first_seed": TEST.first_seed, "sha256": sums}
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def differing(count: int = TEST_CLIPS) -> list[int]:
    """Return the first clips of the test set that this machine draws otherwise."""
    known = json.loads(MANIFEST.read_text(encoding="utf-8"))["sha256"]
    return [
        i
        for i in range(count)
        if known[i]["any sign"] != checksum(TEST.clip(i))
        or known[i]["telling sign"] != checksum(TEST.clip(i, telling=True))
    ]
