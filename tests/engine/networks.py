"""Networks for tests: random weights, but with BatchNorm statistics that fit them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from engine.models.loaders.sources import find_network

_CLIP_SHAPES = {"s3d": (2, 3, 16, 112, 112)}  # it halves the picture once more than the others
_USUAL_CLIP_SHAPE = (2, 3, 16, 56, 56)


def warmed_up(name: str, seed: int = 0, classes: int | None = None) -> nn.Module:
    """Build a network of the catalogue whose running statistics come from a few random clips.

    Freshly built, BatchNorm divides by 1 and activations explode or vanish with depth; no
    trained network is like that, and rules of attribution look worse or better than they are.
    """
    source = find_network(name)
    shape = _CLIP_SHAPES.get(name, _USUAL_CLIP_SHAPE)
    with torch.random.fork_rng(devices=[]), torch.no_grad(), _one_thread():
        torch.manual_seed(seed)
        network = source.build(classes or len(source.spec.labels)).train()
        norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm3d)]
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.momentum = None  # a plain average over the passes
        # Some classifiers need larger pictures; the layers before them are all that counts.
        body = getattr(network, "features", network)
        for _ in range(2):
            body(torch.randn(shape))
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
    return network.eval()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Small layers on a busy machine: threads that wait for each other cost 30 times the work."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
