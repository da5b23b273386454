"""All networks that evidence is measured on, and their records."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.motion_figures.evidence_records import CLIPS, Record, record_all
from benchmarks.motion_figures.networks import load_network
from benchmarks.motion_figures.plans import SEED, SHIPPED
from benchmarks.motion_figures.testset import Split
from benchmarks.motion_figures.truth_networks import BLIND_TO_ORDER
from benchmarks.motion_figures.truth_training import ALL, RUNGS, load_top, stem, train_top


class Rounded(nn.Module):
    """A network computed in bfloat16, as the stems of the truth networks are."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self._network = network

    def forward(self, clip: Tensor) -> Tensor:
        """Map clips to logits in float32."""
        with torch.autocast(clip.device.type, torch.bfloat16):
            logits: Tensor = self._network(clip)
        return logits.float()


def ladder_network(b: float) -> nn.Module:
    """Return the network of a rung of the ladder."""
    return Rounded(load_network("figures", SHIPPED / f"ladder-{b:g}-{SEED}.safetensors"))


def figures_records(split: Split, folder: Path, count: int = CLIPS) -> dict[str, Record]:
    """Return the records of the ladder of the bundled architecture."""
    tops = {f"figures-{b:g}-{SEED}": partial(ladder_network, b) for b in RUNGS}
    return record_all(nn.Identity, tops, split, folder, count)


def stemmed_records(
    blind: bool, split: Split, folder: Path, count: int = CLIPS
) -> dict[str, Record]:
    """Return the records of the truth networks that stand on one stem."""
    tops = {
        network.file.removeprefix("truth-").removesuffix(".safetensors"): partial(
            load_top, network, train_top(network, folder)
        )
        for network in ALL
        if (network.top in BLIND_TO_ORDER) == blind
    }
    return record_all(partial(stem, blind), tops, split, folder, count)


def all_records(split: Split, folder: Path, count: int = CLIPS) -> dict[str, Record]:
    """Return the records of all networks by "architecture-b-seed"."""
    return {
        **figures_records(split, folder, count),
        **stemmed_records(False, split, folder, count),
        **stemmed_records(True, split, folder, count),
    }
