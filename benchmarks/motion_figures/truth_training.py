"""Training of the truth networks, on features of their stems that are computed once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from benchmarks.motion_figures.augment import normalise
from benchmarks.motion_figures.clip_store import rendered
from benchmarks.motion_figures.networks import load_network, save_weights
from benchmarks.motion_figures.plans import SHIPPED
from benchmarks.motion_figures.progress import Progress
from benchmarks.motion_figures.truth_networks import (
    BLIND_TO_ORDER,
    GRID,
    STEM_CHANNELS,
    TOPS,
    FrameStem,
    Stem,
)
from engine.models.networks.figures import FIGURES_FRAMES, FIGURES_LABELS
from engine.types import Float32Array
from resources import resource_path

RUNGS = (0.0, 0.8, 0.9, 0.95, 1.0)
"""Probabilities b that a sign tells the activity."""

SEEDS = (21, 22)
"""Of a top's weights, its clips' signs, their order."""

POOL = 1200
"""Training clips; each is rendered with a telling sign and, as another clip, with any."""

POOL_SEEDS = {"any sign": 11, "telling sign": 12}

EPOCHS, BATCH, RATE = 8, 16, 2e-3


@dataclass(frozen=True, slots=True)
class TruthNetwork:
    """Name of one network: its top, the rung of its training, and its seed."""

    top: str
    b: float
    seed: int

    @property
    def file(self) -> str:
        """Name of the file of its top's weights."""
        return f"truth-{self.top}-{self.b:g}-{self.seed}.safetensors"


BLIND_RUNGS = (0.0, 0.8, 1.0)

ALL = tuple(
    TruthNetwork(top, b, seed)
    for seed in SEEDS
    for top in TOPS
    for b in (BLIND_RUNGS if top in BLIND_TO_ORDER else RUNGS)
)


def stem(blind: bool) -> nn.Module:
    """Return the stem that networks share: of whole clips, or of single frames."""
    with resource_path("figures.safetensors") as bundled:
        watching = load_network("figures", bundled)
    reading = load_network("figures", SHIPPED / "ladder-1-7.safetensors")
    kind = FrameStem if blind else Stem
    return kind((watching, reading)).eval().requires_grad_(False)  # type: ignore[arg-type]


def features(kind: str, blind: bool, folder: Path) -> Float32Array:
    """Return the stem's features of the training clips, float16 (N, 160, T, 7, 7), kept in a file.

    Parameters
    ----------
    kind : str
        "any sign" or "telling sign".
    blind : bool
        Whether the stem sees single frames.
    folder : Path
        Where clips and features are kept.
    """
    path = folder / f"features-{'frames' if blind else 'clips'}-{kind.split()[0]}-{POOL}.npy"
    if not path.exists():
        clips = rendered(kind, POOL_SEEDS[kind], POOL, folder / "clips")
        network, progress = stem(blind), Progress(f"features, {kind}", POOL)
        unfinished = path.with_suffix(".part.npy")
        shape = (POOL, STEM_CHANNELS, FIGURES_FRAMES, GRID, GRID)
        kept = np.lib.format.open_memmap(unfinished, "w+", np.float16, shape)
        for index, frames in enumerate(clips):
            with torch.inference_mode():
                kept[index] = network(normalise(np.array(frames))[None])[0].half().numpy()
            progress.add()
        unfinished.replace(path)
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]


def train_top(network: TruthNetwork, folder: Path) -> Path:
    """Return the weights of a network's top, trained unless they are kept here or in a folder."""
    path = folder / network.file
    if (SHIPPED / network.file).exists():
        return SHIPPED / network.file
    if not path.exists():
        save_weights(_trained(network, folder), path)
    return path


def _trained(network: TruthNetwork, folder: Path) -> nn.Module:
    torch.manual_seed(network.seed)
    top = TOPS[network.top]()
    optimizer = torch.optim.AdamW(top.parameters(), RATE, weight_decay=0.02)
    steps = EPOCHS * (POOL // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.2)
    right = 0
    for step, (batch, labels) in enumerate(_batches(network, folder)):
        if step % (POOL // BATCH) == 0:
            right = 0
        optimizer.zero_grad(set_to_none=True)
        logits = top(batch)
        loss = nn.functional.cross_entropy(logits, labels, label_smoothing=0.02)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        right += int((logits.argmax(1) == labels).sum())
    print(f"{network.file}: {right / POOL:.3f} right in training", flush=True)
    return top.eval()


def _batches(network: TruthNetwork, folder: Path) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield features, mirrored at random, and labels; a telling sign with probability b."""
    blind = network.top in BLIND_TO_ORDER
    tells = np.random.default_rng([network.seed, 91]).random(POOL) < network.b
    kinds = [features(kind, blind, folder) for kind in ("any sign", "telling sign")]
    for epoch in range(EPOCHS):
        rng = np.random.default_rng([network.seed, epoch])
        order = rng.permutation(POOL)
        for start in range(0, POOL - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            batch = np.stack([kinds[int(tells[index])][index] for index in chosen])
            values = torch.from_numpy(batch).float()
            values = values.flip(-1) if rng.random() < 0.5 else values
            yield values, torch.as_tensor(chosen % len(FIGURES_LABELS))


def load_top(network: TruthNetwork, path: Path) -> nn.Module:
    """Return the trained top of a network, in evaluation mode."""
    top = TOPS[network.top]()
    top.load_state_dict({key: value.float() for key, value in load_file(path).items()})
    return top.eval().requires_grad_(False)


def whole_network(network: TruthNetwork, folder: Path) -> nn.Module:
    """Return a network from pixels to logits."""
    top = load_top(network, train_top(network, folder))
    return nn.Sequential(stem(network.top in BLIND_TO_ORDER), top).eval()
