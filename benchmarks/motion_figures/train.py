"""Train the bundled network: ``python -m benchmarks.motion_figures.train --seed 7 --out FILE``.

Renders the clips once into a temporary file, trains on the CPU, then evaluates on fresh clips:
other seeds, and texture families that training never saw.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from benchmarks.motion_figures.augment import augment
from benchmarks.motion_figures.dataset import make_clip
from benchmarks.motion_figures.evaluate import confusion_table, evaluate
from benchmarks.motion_figures.scenery import HELD_OUT_FAMILIES, TRAINING_FAMILIES
from engine.models.figures import (
    FIGURES_FRAMES,
    FIGURES_LABELS,
    FIGURES_SIZE,
    FiguresNet,
)

UInt8Array = npt.NDArray[np.uint8]

SEEDS_APART = 10_000_000
"""Training seed s renders clips of seeds s * SEEDS_APART and up; below are the fresh ones."""

BATCH = 8

PEAK_RATE = 8e-4
"""Highest learning rate of AdamW; at 2e-3 the network stayed at chance."""

SMALL_SIZE = 64
"""Size of the clips in the first epochs, in pixels: a third of the cost, nearly the same lesson."""


def main() -> None:
    """Parse the command line, train, evaluate, write weights and record."""
    options = _options()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        clips = _clips(options, options.cache or Path(folder))
        print(f"{len(clips)} clips ready after {time.monotonic() - started:.0f} s", flush=True)
        sizes = [SMALL_SIZE] * options.small_epochs + [FIGURES_SIZE] * options.epochs
        network = train(clips, sizes, options.seed, options.start, options.rate)
    network = _as_stored(network, options.out)
    minutes = (time.monotonic() - started) / 60
    record = _record(options, minutes, network)
    options.out.with_suffix(".json").write_text(json.dumps(record, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="decides clips and training, >= 1")
    parser.add_argument("--out", type=Path, required=True, help="weights, .safetensors")
    parser.add_argument("--clips", type=int, default=3200, help="training clips")
    parser.add_argument("--small-epochs", type=int, default=13, help="at 64 px, first")
    parser.add_argument("--epochs", type=int, default=4, help="at full size, after them")
    parser.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    parser.add_argument("--rate", type=float, default=PEAK_RATE, help="highest learning rate")
    parser.add_argument("--cache", type=Path, help="folder that keeps the rendered clips")
    parser.add_argument("--evaluate", type=int, default=480, help="fresh clips, per set")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--processes", type=int, default=2, help="for rendering")
    options = parser.parse_args()
    if options.seed < 1:
        parser.error("--seed starts at 1: the clips of seed 0 are those of the evaluation")
    return options


def _clips(options: argparse.Namespace, folder: Path) -> UInt8Array:
    """The training clips, from an earlier run if the folder has them."""
    path = folder / f"clips-{options.seed}-{options.clips}.npy"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        _render_all(options.seed, options.clips, unfinished, options.processes)
        unfinished.replace(path)
    clips: UInt8Array = np.load(path, mmap_mode="r")
    return clips


def _render_one(index: int, first_seed: int) -> UInt8Array:
    cv2.setNumThreads(1)
    return make_clip(first_seed + index, FIGURES_LABELS[index % len(FIGURES_LABELS)]).frames


def _render_all(seed: int, count: int, path: Path, processes: int) -> None:
    """Render clip i with label i modulo 8 into a memory-mapped file, uint8 (N, T, H, W, 3)."""
    shape = (count, FIGURES_FRAMES, FIGURES_SIZE, FIGURES_SIZE, 3)
    clips = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    render = partial(_render_one, first_seed=seed * SEEDS_APART)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for index, frames in enumerate(pool.map(render, range(count), chunksize=16)):
            clips[index] = frames
    clips.flush()


def train(
    clips: UInt8Array,
    sizes: list[int],
    seed: int,
    start: Path | None = None,
    rate: float = PEAK_RATE,
) -> FiguresNet:
    """Train a network.

    Parameters
    ----------
    clips : uint8 array, (N, T, H, W, 3)
        RGB; the label of clip i is i modulo the number of labels.
    sizes : list of int
        Height and width of the clips in each epoch, in pixels.
    seed : int
        Decides order and augmentation.
    start : Path, optional
        Weights to go on from; by default a fresh network.
    rate : float
        Highest learning rate.

    Returns
    -------
    FiguresNet
        In evaluation mode.
    """
    network = stored_network(start) if start else watch_change(FiguresNet())
    network = network.to(memory_format=torch.channels_last_3d)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    steps = len(sizes) * (len(clips) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rate, total_steps=steps, pct_start=0.15
    )
    rng = np.random.default_rng(seed)
    network.train()
    for epoch, size in enumerate(sizes):
        began, right, loss_sum = time.monotonic(), 0, 0.0
        for batch, labels in _batches(clips, rng, size):
            loss, hits = _step(network, optimizer, batch, labels)
            schedule.step()
            right, loss_sum = right + hits, loss_sum + loss * len(labels)
        print(
            f"epoch {epoch + 1}/{len(sizes)}, {size} px: loss {loss_sum / len(clips):.3f}, "
            f"accuracy {right / len(clips):.3f}, {time.monotonic() - began:.0f} s",
            flush=True,
        )
    return network.eval()


def watch_change(network: FiguresNet) -> FiguresNet:
    """Start three quarters of the first filters as differences over time, in place.

    Backgrounds stand out more than limbs do; this start lets the network see what moves from
    the first step on.
    """
    weight = network.get_parameter("features.0.conv.weight").data
    differing = 3 * len(weight) // 4
    slope = torch.tensor([-1.5, 0.0, 1.5])[:, None, None]
    weight[:differing] = weight[:differing].mean(dim=2, keepdim=True) * slope
    return network


def _batches(
    clips: UInt8Array, rng: np.random.Generator, size: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    order = rng.permutation(len(clips))
    for start in range(0, len(order) - BATCH + 1, BATCH):
        chosen = order[start : start + BATCH]
        batch = torch.stack([augment(clips[index], rng, size) for index in chosen])
        labels = torch.as_tensor(chosen % len(FIGURES_LABELS))
        yield batch.contiguous(memory_format=torch.channels_last_3d), labels


def _step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: torch.Tensor,
    labels: torch.Tensor,
) -> tuple[float, int]:
    """One step of gradient descent in mixed precision: loss and number of right answers."""
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(batch)
    loss = nn.functional.cross_entropy(logits.float(), labels, label_smoothing=0.02)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimizer.step()
    return float(loss.detach()), int((logits.argmax(dim=1) == labels).sum())


def _as_stored(network: FiguresNet, path: Path) -> FiguresNet:
    """Save in half precision and give the network back as a reader of the file will see it."""
    halved = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in network.state_dict().items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(halved, path)
    return stored_network(path)


def stored_network(path: Path) -> FiguresNet:
    """The network with the weights of a file, in evaluation mode."""
    network = FiguresNet()
    weights = load_file(path)
    network.load_state_dict({name: weight.float() for name, weight in weights.items()})
    return network.eval()


def _command(options: argparse.Namespace) -> str:
    """The command that repeats this run, less what does not change its result."""
    names = ["seed", "clips", "small_epochs", "epochs", "rate", "out"]
    names += ["start"] if options.start else []
    given = [f"--{name.replace('_', '-')} {getattr(options, name)}" for name in names]
    return " ".join(["python -m benchmarks.motion_figures.train", *given])


def _earlier(start: Path | None) -> list[str]:
    """Commands that made the weights this run started from, as their record tells."""
    if start is None:
        return []
    commands: list[str] = json.loads(start.with_suffix(".json").read_text())["commands"]
    return commands


def _record(options: argparse.Namespace, minutes: float, network: FiguresNet) -> dict[str, object]:
    """Evaluate on fresh clips, print, and gather what belongs beside the weights."""
    record: dict[str, object] = {
        "labels": list(FIGURES_LABELS),
        "parameters": sum(weight.numel() for weight in network.parameters()),
        "commands": [*_earlier(options.start), _command(options)],
        "last_run": {
            "seed": options.seed,
            "training_clips": options.clips,
            "epochs": {
                f"{SMALL_SIZE} px": options.small_epochs,
                f"{FIGURES_SIZE} px": options.epochs,
            },
            "minutes": round(minutes, 1),
        },
        "date": date.today().isoformat(),
        "torch": torch.__version__,
    }
    for name, families in (
        ("fresh_clips", TRAINING_FAMILIES),
        ("unseen_texture_families", HELD_OUT_FAMILIES),
    ):
        confusion = evaluate(network, options.evaluate, families)
        accuracy = float(np.trace(confusion) / confusion.sum())
        record[name] = {
            "families": list(families),
            "clips": int(confusion.sum()),
            "accuracy": round(accuracy, 4),
            "confusion": confusion.tolist(),
        }
        print(f"\n{name}: accuracy {accuracy:.4f}\n{confusion_table(confusion)}", flush=True)
    return record


if __name__ == "__main__":
    main()
