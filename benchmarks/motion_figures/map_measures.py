"""Where maps of evidence lie, against the truth: figures clip by clip and their table.

``python -m benchmarks.motion_figures.map_measures --clips 64`` prints it for the bundled network
and every rung of the ladder, on clips of the test set whose sign tells the activity.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from benchmarks.motion_figures.dataset import FigureClip
from benchmarks.motion_figures.progress import Progress
from benchmarks.motion_figures.selectors import select
from benchmarks.motion_figures.testset import CHOICE, TEST, Split
from engine.attribution import attribute
from engine.evidence import EvidenceMaps, evidence_maps
from engine.metrics import kept_curve, mass_accuracy
from engine.models import VideoModel, load_model
from engine.types import Float32Array

WEIGHTS = Path(__file__).parent / "weights"
FIGURES = {
    "mass": "mass in motion",
    "variation mass": "of `variation`",
    "cue": "mass on the sign",
    "variation cue": "of `variation`",
    "area": "ranking AUC",
    "plain area": "of the map itself",
    "area cue": "AUC against the sign",
    "own area cue": "of its own mass",
    "sum": "sums off by",
}
"""Figures of a clip, and their heads in the table."""

Row = dict[str, float]


def measure_maps(model: VideoModel, clip: FigureClip) -> Row:
    """Measure the maps of evidence of one clip.

    Parameters
    ----------
    model : VideoModel
    clip : FigureClip

    Returns
    -------
    dict of float
        `FIGURES`. Areas weigh voxels by their LRP relevance for the true activity and rank them
        by `EvidenceMaps.motion_strength`; "plain area" by |motion| itself, and "own area cue"
        weighs by the motion map in place of LRP's.
    """
    given = model.preprocess(clip.frames)
    heat = attribute(model, given, clip.label, "lrp")
    maps = evidence_maps(model, given)
    variation = select(heat)["variation"].kept
    row = _areas(maps, heat.relevance, clip) | {"sum": _off(maps)}
    for name, one in (("", maps.motion), ("variation ", variation)):
        row[f"{name}mass"] = mass_accuracy(one, clip.moving)
        row[f"{name}cue"] = mass_accuracy(one, clip.cue)
    return row


def _areas(maps: EvidenceMaps, relevance: Float32Array, clip: FigureClip) -> Row:
    moving, cue = clip.moving & ~clip.cue, clip.cue & ~clip.moving
    strength, plain = maps.motion_strength, np.abs(maps.motion)
    return {
        "area": kept_curve(strength, relevance, clip.moving, ~clip.moving).area,
        "plain area": kept_curve(plain, relevance, clip.moving, ~clip.moving).area,
        "area cue": kept_curve(strength, relevance, moving, cue).area,
        "own area cue": kept_curve(strength, maps.motion, moving, cue).area,
    }


def _off(maps: EvidenceMaps) -> float:
    """Return the larger error of the two sums, over the sum."""
    pairs = ((maps.motion, maps.motion_sum), (maps.appearance, maps.appearance_sum))
    return max(abs(float(one.sum(dtype=np.float64)) - whole) / abs(whole) for one, whole in pairs)


def interval(values: Sequence[float], seed: int = 0) -> tuple[float, float, float]:
    """Return the mean over clips and its 95 % bootstrap interval; clips without a figure aside."""
    known = np.array([value for value in values if np.isfinite(value)])
    draws = np.random.default_rng(seed).integers(0, len(known), (2000, len(known)))
    low, high = np.quantile(known[draws].mean(axis=1), (0.025, 0.975))
    return float(known.mean()), float(low), float(high)


def measured(model: VideoModel, name: str, split: Split, clips: int, folder: Path) -> list[Row]:
    """Return the rows of a network, and measure those that its file does not have."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{split.name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows: list[Row] = [json.loads(line) for line in lines][:clips]
    progress = Progress(f"maps of {name}", clips - len(rows))
    for index in range(len(rows), clips):
        rows.append(measure_maps(model, split.clip(index, telling=True)))
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(rows[-1]) + "\n")
        progress.add()
    return rows


def table(rows: dict[str, list[Row]]) -> str:
    """Return the table of several networks in Markdown."""
    lines = [f"| network (clips) | {' | '.join(FIGURES.values())} |", "|---" * 10 + "|"]
    for name, clips in rows.items():
        cells = []
        for key in FIGURES:
            mean, low, high = interval([row[key] for row in clips])
            cells.append(f"{mean:.1e}" if key == "sum" else f"{mean:.3f} [{low:.3f}, {high:.3f}]")
        lines.append(f"| {name} ({len(clips)}) | {' | '.join(cells)} |")
    return "\n".join(lines)


def networks(names: Sequence[str] = ()) -> dict[str, VideoModel]:
    """Load the bundled network and the ladder's, or some of them."""
    found: dict[str, Path | None] = {"bundled": None}
    found |= {path.stem: path for path in sorted(WEIGHTS.glob("ladder-*.safetensors"))}
    return {
        name: load_model("figures", weights=path, device="cpu")
        for name, path in found.items()
        if not names or name in names
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=64)
    parser.add_argument("--split", choices=("test", "choice"), default="test")
    parser.add_argument("--networks", nargs="*", default=())
    parser.add_argument("--out", type=Path, default=Path("build/motion_figures/maps"))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    split = TEST if given.split == "test" else CHOICE
    models = networks(given.networks)
    rows = {n: measured(m, n, split, given.clips, given.out) for n, m in models.items()}
    print(table(rows))


if __name__ == "__main__":
    main()
