"""Rendered training clips in files, made once: an interrupted rendering goes on where it was."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from benchmarks.motion_figures.codec import random_h264
from benchmarks.motion_figures.dataset import make_clip
from benchmarks.motion_figures.progress import Progress
from benchmarks.motion_figures.render import UInt8Array
from benchmarks.motion_figures.strange import make_strange
from benchmarks.motion_figures.unlike import make_unlike
from engine.models.networks.figures import FIGURES_LABELS

SEEDS_APART = 10_000_000
"""Training seed s renders clips of seeds s * SEEDS_APART and up; below are those of the tests."""

SHARD = 200
"""Clips in one file."""

CODED = 0.5
"""Share of the clips that go through the H.264 encoder."""

KINDS = ("any sign", "telling sign", "unlike", "strange")
"""Sign without regard to the activity; sign that shows it; nobody in the clip; also odd ones."""


def rendered(
    kind: str, seed: int, count: int, folder: Path, processes: int = 2
) -> list[UInt8Array]:
    """Return training clips of one kind, rendered unless a file has them.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    seed : int
        Training seed, >= 1.
    count : int
        Number of clips, a multiple of `SHARD` or less than it.
    folder : Path
        Where the files are.
    processes : int
        That render side by side.

    Returns
    -------
    list of uint8 array, (T, H, W, 3)
        Views of the files. The label of clip i is i modulo the number of labels.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shards = [range(at, min(at + SHARD, count)) for at in range(0, count, SHARD)]
    paths = [folder / f"{kind.replace(' ', '-')}-{seed}-{shard.start}-{len(shard)}.npy"
             for shard in shards]  # fmt: skip
    missing = [(shard, path) for shard, path in zip(shards, paths, strict=True)
               if not path.exists()]  # fmt: skip
    if missing:
        _render(missing, partial(_clip, kind=kind, seed=seed), processes, f"{kind}, seed {seed}")
    return [clip for path in paths for clip in np.load(path, mmap_mode="r")]


def _render(
    missing: list[tuple[range, Path]],
    render: Callable[[int], UInt8Array],
    processes: int,
    name: str,
) -> None:
    progress = Progress(f"rendering {name}", sum(len(shard) for shard, _ in missing))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for shard, path in missing:
            clips = np.stack(list(pool.map(render, shard, chunksize=5)))
            unfinished = path.with_suffix(".part")
            with unfinished.open("wb") as file:
                np.save(file, clips)
            unfinished.replace(path)
            progress.add(len(shard))


def _clip(index: int, kind: str, seed: int) -> UInt8Array:
    cv2.setNumThreads(1)
    own_seed = seed * SEEDS_APART + index
    label = index % len(FIGURES_LABELS)
    if kind in ("unlike", "strange"):
        frames = (make_unlike if kind == "unlike" else make_strange)(own_seed)
    else:
        shown = label if kind == "telling sign" else None
        frames = make_clip(own_seed, FIGURES_LABELS[label], shown=shown).frames
    rng = np.random.default_rng([own_seed, 80])
    return random_h264(frames, rng) if rng.random() < CODED else frames
