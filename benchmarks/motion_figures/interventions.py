"""Truth by intervention: renderings that change one cause of an answer and keep the others.

A figure's activity gives a network two things to see, its poses and its movement; the sign
gives it a third. Each is replaced by that of other activities, or held still, in renderings
that are equal in all else, and the change of the network's answer is the cause's share.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from benchmarks.motion_figures.dataset import make_clip
from benchmarks.motion_figures.progress import Progress
from benchmarks.motion_figures.render import UInt8Array
from benchmarks.motion_figures.scenery import HELD_OUT_FAMILIES, TRAINING_FAMILIES
from benchmarks.motion_figures.testset import Split, is_held_out
from engine.models.networks.figures import FIGURES_LABELS
from engine.types import Float64Array

VERSION = 1
"""Of the fixed set; changes whenever a byte of a rendering does."""

OTHERS = 3
"""Other activities, and other symbols, that stand in for the clip's own."""

STANDING = (4, 11)
"""Frames whose poses are held."""

WORLDS: dict[str, tuple[int, ...]] = {
    "both": (0,),
    "movement": (1, 2, 3),
    "pose and sign": (4, 5),
    "pose": (6, 7),
    "sign": (8, 9, 10),
    "none": (11, 12, 13),
    "standing sign": (14, 15),
    "standing none": (16, 17),
}
"""What of the clip's own is shown, and the renderings that show it.

In "sign" and "none" figures do other activities; in the last two they stand in poses of these.
"""

RENDERINGS = 18


def renderings(split: Split, index: int) -> UInt8Array:
    """Render a clip of a split with its causes changed one at a time.

    Parameters
    ----------
    split : Split
    index : int
        Clip of the split; its activity and textures are those of `Split.clip`.

    Returns
    -------
    uint8 array, (18, T, H, W, 3)
        In the order of `WORLDS`.
    """
    own = index % len(FIGURES_LABELS)
    rest = [label for label in range(len(FIGURES_LABELS)) if label != own]
    rng = np.random.default_rng([split.first_seed + index, 92])
    activities, symbols = (rng.permutation(rest)[:OTHERS].tolist() for _ in range(2))
    families = HELD_OUT_FAMILIES if is_held_out(index) else TRAINING_FAMILIES

    def drawn(activity: int, shown: int, standing: int | None = None) -> UInt8Array:
        clip = make_clip(split.first_seed + index, FIGURES_LABELS[activity], families=families,
                         shown=shown, standing=standing)  # fmt: skip
        return clip.frames

    return np.stack([
        drawn(own, own),
        *(drawn(own, symbol) for symbol in symbols),
        *(drawn(own, own, frame) for frame in STANDING),
        *(drawn(own, symbol, frame) for symbol, frame in zip(symbols, STANDING, strict=False)),
        *(drawn(activity, own) for activity in activities),
        *(drawn(*pair) for pair in zip(activities, symbols, strict=True)),
        *(drawn(other, own, frame) for other, frame in zip(activities, STANDING, strict=False)),
        *(drawn(*three) for three in zip(activities, symbols, STANDING, strict=False)),
    ])  # fmt: skip


def _kept(index: int, split: Split, folder: Path) -> Path:
    path = folder / f"interventions-{VERSION}-{split.name}-{index}.npy"
    if not path.exists():
        cv2.setNumThreads(1)
        unfinished = path.with_suffix(f".{index}.part")
        with unfinished.open("wb") as file:
            np.save(file, renderings(split, index))
        unfinished.replace(path)
    return path


def kept_renderings(split: Split, count: int, folder: Path, processes: int = 2) -> list[Path]:
    """Return the files of the renderings of the first clips of a split, made unless kept."""
    folder.mkdir(parents=True, exist_ok=True)
    progress = Progress(f"interventions on {split.name}", count)
    paths = []
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for path in pool.map(partial(_kept, split=split, folder=folder), range(count)):
            paths.append(path)
            progress.add()
    return paths


@dataclass(frozen=True, slots=True)
class Truth:
    """What the causes of one answer are worth: Shapley values, in units of the payoff.

    Attributes
    ----------
    movement, pose, sign : float
        They sum to the payoff with everything of the clip's own less that with nothing of it.
    """

    movement: float
    pose: float
    sign: float

    @property
    def share(self) -> float:
        """Share of movement, 0 to 1, of the causes that speak for the class; nan if none does."""
        parts = [max(part, 0.0) for part in (self.movement, self.pose, self.sign)]
        return parts[0] / sum(parts) if sum(parts) > 0 else float("nan")

    @property
    def still_share(self) -> float:
        """Share of the pose and the sign, which a single picture shows."""
        return 1 - self.share


def truth_of(payoffs: Float64Array) -> Truth:
    """Return the worth of each cause from the payoffs of the renderings.

    Figure and sign are two players (Shapley 1953): each is worth the mean of what it adds alone
    and beside the other. Nothing is a figure that stands in a pose of another activity under
    another sign. Of the figure, movement is worth what is lost when it stands in a pose of its
    own, and the pose the rest.

    Parameters
    ----------
    payoffs : float64 array, (18,)
        Of the renderings, in the order of `WORLDS`.
    """
    value = {world: float(payoffs[list(places)].mean()) for world, places in WORLDS.items()}
    posed = value["pose and sign"] + value["pose"]
    return Truth(
        movement=0.5 * (value["both"] + value["movement"] - posed),
        pose=0.5 * (posed - value["standing sign"] - value["standing none"]),
        sign=0.5 * (
            value["both"] - value["movement"] + value["standing sign"] - value["standing none"]
        ),
    )  # fmt: skip


def activity_share(payoffs: Float64Array) -> float:
    """Return the share of the activity, poses and movement together, against the sign.

    Nothing is a figure that does another activity under another sign; 0 to 1.
    """
    value = {world: float(payoffs[list(places)].mean()) for world, places in WORLDS.items()}
    both, movement, sign, none = (value[name] for name in ("both", "movement", "sign", "none"))
    parts = [max(both - sign + movement - none, 0.0), max(both - movement + sign - none, 0.0)]
    return parts[0] / sum(parts) if sum(parts) > 0 else float("nan")
