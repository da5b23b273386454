"""Accuracy of networks on the test set: by texture, by camera, and as a confusion matrix."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from benchmarks.motion_figures.augment import normalise
from benchmarks.motion_figures.measurement import version_of
from benchmarks.motion_figures.progress import Progress
from benchmarks.motion_figures.testset import TEST, Split, is_held_out
from engine.metrics import Interval, mean_interval
from engine.types import BoolArray, Int64Array

AT_ONCE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Accuracy:
    """A network's answers to the first clips of a split.

    Attributes
    ----------
    truth, answer : int64 array, (N,)
        Index of the activity, and of the answer.
    camera : tuple of str
        Of each clip.
    """

    truth: Int64Array
    answer: Int64Array
    camera: tuple[str, ...]

    @property
    def right(self) -> BoolArray:
        """Correctness of each answer, bool (N,)."""
        return np.asarray(self.truth == self.answer)

    def overall(self) -> Interval:
        """Return the share of right answers."""
        return mean_interval(self.right)

    def unseen(self) -> Interval:
        """Return the share among clips whose textures are of a family unseen in training."""
        held_out = [is_held_out(index) for index in range(len(self.truth))]
        return mean_interval(self.right[held_out])

    def by_camera(self, camera: str) -> Interval:
        """Return the share among clips of one camera."""
        return mean_interval(self.right[[one == camera for one in self.camera]])


def accuracy_of(network: nn.Module, count: int, split: Split = TEST) -> Accuracy:
    """Ask a network about the first clips of a split, whose signs show any symbol.

    Parameters
    ----------
    network : Module
        In evaluation mode.
    count : int
        Number of clips.
    split : Split
    """
    truths: list[int] = []
    answers: list[int] = []
    cameras: list[str] = []
    progress = Progress(f"accuracy on the {split.name} clips", count)
    for start in range(0, count, AT_ONCE):
        clips = [split.clip(index) for index in range(start, min(start + AT_ONCE, count))]
        batch = torch.stack([normalise(clip.frames) for clip in clips])
        with torch.inference_mode():
            answers += network(batch).argmax(1).tolist()
        truths += [clip.label for clip in clips]
        cameras += [clip.camera for clip in clips]
        progress.add(len(clips))
    return Accuracy(np.array(truths), np.array(answers), tuple(cameras))


def kept_accuracy(network: nn.Module, weights: Path, count: int, folder: Path) -> Accuracy:
    """Return the accuracy on the test set, from a file if it was measured before.

    Parameters
    ----------
    network, count
        As for `accuracy_of`.
    weights : Path
        File of the network.
    folder : Path
        Where figures are kept.
    """
    path = folder / f"accuracy-{version_of(weights, count)}.json"
    if not path.exists():
        accuracy = accuracy_of(network, count)
        rows = zip(accuracy.truth.tolist(), accuracy.answer.tolist(), accuracy.camera, strict=True)
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(list(rows)), encoding="utf-8")
    truth, answer, camera = zip(*json.loads(path.read_text(encoding="utf-8")), strict=True)
    return Accuracy(np.array(truth), np.array(answer), tuple(camera))
