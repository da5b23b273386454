"""Train a video network on rendered clips: the same plan gives the same weights.

A state is kept after every epoch, so an interrupted training goes on where it was and ends with
the bytes it would have ended with. Everything random comes from seed, epoch and clip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from benchmarks.motion_figures.augment import augment
from benchmarks.motion_figures.progress import Progress
from benchmarks.motion_figures.render import UInt8Array

BATCH = 8

PEAK_RATE = 8e-4
"""Highest learning rate of AdamW; at 2e-3 the bundled network stayed at chance."""

AVERAGING = 0.998
"""Of the moving average of the weights; less for trainings of a thousand steps."""

UNLIKE_WEIGHT = 0.5
"""Of the clips without a figure in the loss."""

Batch = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings that decide a training, besides the clips.

    Attributes
    ----------
    seed : int
        Of the weights, the order and the augmentation.
    sizes : tuple of int
        Height and width of the clips in each epoch, in pixels.
    clips : tuple of int, optional
        Clips in each epoch, drawn anew for each; by default all.
    rate : float
        Highest learning rate.
    averaging : float
        Of the moving average of the weights, which is what training ends with.
    recolour : bool
        As for `augment`.
    threads : int
        Of torch; sums depend on it in the last bits.
    """

    seed: int
    sizes: tuple[int, ...]
    clips: tuple[int, ...] | None = None
    rate: float = PEAK_RATE
    averaging: float = AVERAGING
    recolour: bool = True
    threads: int = 2

    def steps(self, epoch: int, count: int) -> int:
        """Return the batches in an epoch of ``count`` clips in all."""
        return min(count, self.clips[epoch] if self.clips else count) // BATCH


@dataclass(frozen=True, slots=True, eq=False)
class Clips:
    """Clips to train on.

    Attributes
    ----------
    labelled : sequence of uint8 array, (T, H, W, 3)
        RGB.
    labels : int64 array, (N,)
        The right answer of each.
    unlike : sequence of uint8 array, (T, H, W, 3)
        Clips that show nobody; one joins every batch. May be empty.
    """

    labelled: Sequence[UInt8Array]
    labels: np.ndarray[Any, np.dtype[np.int64]]
    unlike: Sequence[UInt8Array] = ()


def train(
    make: Callable[[], nn.Module], plan: Plan, clips: Clips, state: Path, name: str = "training"
) -> nn.Module:
    """Train a network.

    Parameters
    ----------
    make : callable
        Makes the network; called once, after the seed is set.
    plan, clips : Plan, Clips
        How and on what.
    state : Path
        File that keeps the state between epochs; it is removed by nobody.
    name : str
        For the lines about progress.

    Returns
    -------
    Module
        The moving average of the weights, in evaluation mode.
    """
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    run = _Run(make(), plan, clips)
    run.load(state)
    while run.epoch < len(plan.sizes):
        run.train_epoch(name)
        run.save(state)
    return run.averaged.module.eval()


class _Run:
    """A training under way."""

    def __init__(self, network: nn.Module, plan: Plan, clips: Clips) -> None:
        self.network = network.to(memory_format=torch.channels_last_3d)
        self.averaged = AveragedModel(
            self.network,
            multi_avg_fn=get_ema_multi_avg_fn(plan.averaging),  # type: ignore[no-untyped-call]
            use_buffers=True,
        )
        self._plan, self._clips, self.epoch = plan, clips, 0
        self._optimizer = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=0.01)
        steps = sum(plan.steps(epoch, len(clips.labelled)) for epoch in range(len(plan.sizes)))
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, plan.rate, total_steps=steps, pct_start=0.15
        )

    def _parts(self) -> dict[str, Any]:
        return {
            "network": self.network,
            "averaged": self.averaged,
            "optimizer": self._optimizer,
            "schedule": self._schedule,
        }

    def save(self, path: Path) -> None:
        """Save the state, in one step for readers."""
        states = {name: part.state_dict() for name, part in self._parts().items()}
        unfinished = path.with_suffix(".part")
        torch.save(states | {"epoch": self.epoch}, unfinished)
        unfinished.replace(path)

    def load(self, path: Path) -> None:
        """Continue from a state, if there is one."""
        if not path.exists():
            return
        states = torch.load(path, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(states[name])
        self.epoch = states["epoch"]

    def train_epoch(self, name: str) -> None:
        """Train in one pass over the clips."""
        size = self._plan.sizes[self.epoch]
        steps = self._plan.steps(self.epoch, len(self._clips.labelled))
        progress = Progress(
            f"{name}, epoch {self.epoch + 1}/{len(self._plan.sizes)}, {size} px", steps
        )
        self.network.train()
        right = 0
        for batch, labels in _ahead(_batches(self._clips, self._plan, self.epoch)):
            right += self._step(batch, labels)
            progress.add()
        self.epoch += 1
        print(f"{name}, epoch {self.epoch}: {right / (steps * BATCH):.3f} right", flush=True)

    def _step(self, batch: torch.Tensor, labels: torch.Tensor) -> int:
        """Do one step of gradient descent in mixed precision, and count right answers."""
        self._optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.network(batch)
        logits = logits.float()
        known = logits[: len(labels)]
        loss = nn.functional.cross_entropy(known, labels, label_smoothing=0.02)
        if len(logits) > len(labels):  # no answer is right: all should be as likely
            unlike = logits[len(labels) :].log_softmax(1)
            loss = loss - UNLIKE_WEIGHT * unlike.mean()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0, error_if_nonfinite=True)
        self._optimizer.step()
        self._schedule.step()
        self.averaged.update_parameters(self.network)
        return int((known.argmax(dim=1) == labels).sum())


def _batches(clips: Clips, plan: Plan, epoch: int) -> Iterator[Batch]:
    """Yield batches in a random order, each ending with an unlike clip if there are any."""
    order = np.random.default_rng([plan.seed, epoch]).permutation(len(clips.labelled))
    size = plan.sizes[epoch]

    def changed(clip: UInt8Array, number: int) -> torch.Tensor:
        rng = np.random.default_rng([plan.seed, epoch, number])
        return augment(clip, rng, size, plan.recolour)

    for step in range(plan.steps(epoch, len(order))):
        chosen = order[step * BATCH : (step + 1) * BATCH]
        batch = [changed(clips.labelled[index], int(index)) for index in chosen]
        if len(clips.unlike):
            number = (epoch * (len(order) // BATCH) + step) % len(clips.unlike)
            batch.append(changed(clips.unlike[number], len(order) + number))
        stacked = torch.stack(batch).contiguous(memory_format=torch.channels_last_3d)
        yield stacked, torch.as_tensor(clips.labels[chosen])


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Yield the same batches, preparing one while the last is used."""
    with ThreadPoolExecutor(1) as pool:
        upcoming = pool.submit(next, batches, None)
        while (batch := upcoming.result()) is not None:
            upcoming = pool.submit(next, batches, None)
            yield batch
