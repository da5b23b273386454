"""What LRP costs beside a plain gradient, on every network of the catalogue, in the same run.

Times alternate (gradient, LRP, peer, gradient, ...) so that other load on the machine meets all
alike; medians and the median ratio are printed. The peer is zennit's EpsilonPlus on r3d_18, with
BatchNorm merged and the residual sum made a layer, as it needs.

``python -m benchmarks.bench_lrp [NETWORK ...] [--size PX] [--frames T] [--repeat N]``
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models.video.resnet import BasicBlock
from zennit.canonizers import AttributeCanonizer, SequentialMergeBatchNorm
from zennit.composites import EpsilonPlus
from zennit.layer import Sum

from engine.attribution import attribute
from engine.models.model import Clip, VideoModel
from engine.models.sources import find_source
from tests.engine.networks import warmed_up

NETWORKS = ("figures", "r3d_18", "mc3_18", "r2plus1d_18", "s3d")
PEER_NETWORKS = ("r3d_18", "mc3_18", "r2plus1d_18")
ROW = "{:<12} {:>14} {:>10} {:>9} {:>7} {:>10} {:>9} {:>7} {:>10}"


@dataclass(frozen=True)
class Cost:
    """Seconds of alternating runs, and the sum of relevance over the explained logit."""

    gradient_s: list[float]
    lrp_s: list[float]
    lrp_sum: float
    peer_s: list[float]
    peer_sum: float


def main() -> None:
    """Measure the networks asked for and print a table."""
    asked = arguments()
    torch.set_num_threads(asked.threads)
    print(f"torch {torch.__version__}, {asked.threads} threads, medians of {asked.repeat}")
    heads = ("network", "input", "gradient s", "LRP s", "ratio", "sum/logit")
    print(ROW.format(*heads, "zennit s", "ratio", "sum/logit"))
    for name in asked.networks or NETWORKS:
        model = model_of(name, asked.size, asked.frames)
        clip = noise(model)
        peer = name in PEER_NETWORKS and not asked.no_peer
        print(row(name, clip, measure(model, clip, asked.repeat, peer)), flush=True)


def arguments() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(NETWORKS)}")
    parser.add_argument("--size", type=int, help="height and width in pixels; the network's own")
    parser.add_argument("--frames", type=int, help="frames in a clip; the network's own")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--no-peer", action="store_true", help="leave zennit out")
    return parser.parse_args()


def model_of(name: str, size: int | None, frames: int | None) -> VideoModel:
    """A network with random weights and warmed-up BatchNorm, at its own or another input size."""
    spec = find_source(name).spec
    crop = (size, size) if size else spec.crop
    spec = replace(spec, crop=crop, resize=crop, frames=frames or spec.frames)
    return VideoModel(spec, warmed_up(name).requires_grad_(False), torch.device("cpu"))


def noise(model: VideoModel) -> Clip:
    """A random clip of the model's size."""
    shape = (model.spec.frames, *model.spec.crop, 3)
    return model.preprocess(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


def measure(model: VideoModel, clip: Clip, repeat: int, with_peer: bool) -> Cost:
    """Time gradient, LRP and peer in turns, after one turn that is not counted."""
    network = merged_for_zennit(model.module) if with_peer else None
    turns = []
    for _ in range(repeat + 1):
        gradient_s, _ = timed(lambda: attribute(model, clip, 0, "gradient").conservation)
        lrp_s, lrp_sum = timed(lambda: attribute(model, clip, 0, "lrp").conservation)
        peer_s, peer_sum = timed(lambda: by_zennit(network, clip.tensor))
        turns.append((gradient_s, lrp_s, peer_s))
    gradients, lrps, peers = (list(column) for column in zip(*turns[1:], strict=True))
    return Cost(gradients, lrps, lrp_sum, peers if with_peer else [], peer_sum)


def timed(work: Callable[[], float]) -> tuple[float, float]:
    """Seconds that a piece of work took, and what it gave."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def merged_for_zennit(module: nn.Module) -> nn.Module:
    """A copy without in-place ReLU, which zennit's hooks cannot take."""
    network = copy.deepcopy(module)
    for part in network.modules():
        if isinstance(part, nn.ReLU):
            part.inplace = False
    return network


def by_zennit(network: nn.Module | None, values: Tensor) -> float:
    """Explain class 0 with zennit; the sum of relevance over the logit, nan without a network."""
    if network is None:
        return float("nan")
    canonizers = [SequentialMergeBatchNorm(), AttributeCanonizer(_sum_as_layer)]
    leaf = values.clone().requires_grad_()
    with EpsilonPlus(canonizers=canonizers, zero_params="bias").context(network) as ready:
        logits = ready(leaf)
        start = torch.zeros_like(logits)
        start[0, 0] = logits[0, 0].detach()
        (relevance,) = torch.autograd.grad(logits, leaf, start)
    return float(relevance.sum() / logits[0, 0].detach())


def _sum_as_layer(_name: str, module: nn.Module) -> dict[str, object] | None:
    """What to put in place of a residual block's own attributes, as zennit's canonizers do."""
    if not isinstance(module, BasicBlock):
        return None

    def forward(values: Tensor) -> Tensor:
        beside = values if module.downsample is None else module.downsample(values)
        out = torch.stack([beside, module.conv2(module.conv1(values))], dim=-1)
        activated: Tensor = module.relu(module.canonizer_sum(out))
        return activated

    return {"forward": forward, "canonizer_sum": Sum()}


def row(name: str, clip: Clip, cost: Cost) -> str:
    """One line of the table."""
    frames, height, width = clip.tensor.shape[2:]
    peer = ("-", "-", "-")
    if cost.peer_s:
        peer = (_median(cost.peer_s), _ratio(cost.peer_s, cost.gradient_s), f"{cost.peer_sum:.4f}")
    return ROW.format(
        name,
        f"{frames}x{height}x{width}",
        _median(cost.gradient_s),
        _median(cost.lrp_s),
        _ratio(cost.lrp_s, cost.gradient_s),
        f"{cost.lrp_sum:.4f}",
        *peer,
    )


def _median(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.3f}"


def _ratio(seconds: list[float], base: list[float]) -> str:
    ratios = [one / other for one, other in zip(seconds, base, strict=True)]
    return f"{statistics.median(ratios):.2f}"


if __name__ == "__main__":
    main()
