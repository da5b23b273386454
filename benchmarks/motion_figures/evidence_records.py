"""What every truth network says of every rendering and every variant, kept in files.

The measure of evidence, its choices and its results are all computed from these logits, so a
choice can be tried in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.motion_figures.augment import normalise
from benchmarks.motion_figures.interventions import RENDERINGS, kept_renderings
from benchmarks.motion_figures.progress import Progress
from benchmarks.motion_figures.testset import Split
from engine.evidence.fallback import scrambled
from engine.evidence.variants import farthest_pair, held, random_orders, still_frames, taking_turns
from engine.types import Float32Array

CLIPS = 64
"""Of each split."""

STILLS = 3
"""Stills recorded of a clip; measures may use fewer."""

SCRAMBLED = 2
"""Scrambled stills recorded of a clip."""

AT_ONCE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Logits of one network on the clips of one split.

    Attributes
    ----------
    renderings : float32 array, (clips, 18, K)
        As of `interventions.renderings`.
    stills : float32 array, (clips, 3, K)
        Frames by themselves.
    arranged : float32 array, (clips, n, K)
        In a random order; two frames one after the other, and taking turns.
    scrambled : float32 array, (clips, 2, K)
        Stills in which nothing can be recognised.
    """

    renderings: Float32Array
    stills: Float32Array
    arranged: Float32Array
    scrambled: Float32Array

    @property
    def clip(self) -> Float32Array:
        """Logits of the clips as they are, (clips, K)."""
        return self.renderings[:, 0]


def record_all(
    stem: Callable[[], nn.Module],
    tops: Mapping[str, Callable[[], nn.Module]],
    split: Split,
    folder: Path,
    count: int = CLIPS,
) -> dict[str, Record]:
    """Return the records of networks that share a stem, asked for unless files have them.

    Parameters
    ----------
    stem : callable
        Makes what turns clips (N, 3, T, 112, 112) into features.
    tops : mapping of str to callable
        Makes what turns features into logits (N, K), by the name of the network.
    split : Split
    folder : Path
        Where renderings and records are kept.
    count : int
        Clips.
    """
    folder = folder / "records"
    paths = {name: folder / f"{name}-{split.name}-{count}.npz" for name in tops}
    missing = {name: top for name, top in tops.items() if not paths[name].exists()}
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        made = _asked(stem(), {name: top() for name, top in missing.items()}, split, folder, count)
        for name, one in made.items():
            _keep(one, paths[name])
    return {name: read_record(path) for name, path in paths.items()}


def _keep(one: Record, path: Path) -> None:
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        np.savez(file, renderings=one.renderings, stills=one.stills, arranged=one.arranged,
                 scrambled=one.scrambled)  # fmt: skip
    unfinished.replace(path)


def read_record(path: Path) -> Record:
    """Return a record from its file."""
    with np.load(path) as kept:
        return Record(kept["renderings"], kept["stills"], kept["arranged"], kept["scrambled"])


def _asked(
    stem: nn.Module, tops: dict[str, nn.Module], split: Split, folder: Path, count: int
) -> dict[str, Record]:
    progress = Progress(f"records of {len(tops)} networks on {split.name}", count)
    rows: dict[str, list[Float32Array]] = {name: [] for name in tops}
    for path in kept_renderings(split, count, folder.parent / "interventions"):
        clips = [normalise(frames) for frames in np.load(path)]
        clips += variants(clips[0])
        with torch.inference_mode():
            seen = [
                stem(torch.stack(clips[at : at + AT_ONCE])) for at in range(0, len(clips), AT_ONCE)
            ]
            for name, top in tops.items():
                rows[name].append(torch.cat([top(part) for part in seen]).numpy())
        progress.add()
    return {name: _record(np.stack(logits)) for name, logits in rows.items()}


def variants(clip: Tensor) -> list[Tensor]:
    """Return stills, arrangements and scrambled stills of a clip (3, T, h, w)."""
    frames = clip.shape[1]
    chosen = still_frames(frames, STILLS)
    low, high = clip.new_full((1, 3, 1, 1, 1), -2.0), clip.new_full((1, 3, 1, 1, 1), 2.0)
    broken = [scrambled(clip[None], (low, high), frame, frame)[0] for frame in chosen[:SCRAMBLED]]
    return [
        *(clip[:, [frame] * frames] for frame in chosen),
        *(clip[:, order] for order in _arranged(clip[None])),
        *(one.expand(-1, frames, -1, -1) for one in broken),
    ]


def _arranged(values: Tensor) -> list[Tensor]:
    frames, pair = values.shape[2], farthest_pair(values)
    return [*random_orders(frames, 1, seed=0), held(pair, frames), taking_turns(pair, frames)]


def _record(logits: Float32Array) -> Record:
    ends = np.cumsum([RENDERINGS, STILLS])
    return Record(
        logits[:, : ends[0]], logits[:, ends[0] : ends[1]], logits[:, ends[1] : -SCRAMBLED],
        logits[:, -SCRAMBLED:],
    )  # fmt: skip
