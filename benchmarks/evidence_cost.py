"""Cost of evidence beside that of the default LRP: ``python -m benchmarks.evidence_cost``.

Times are taken in turns, so that a busy machine slows all of them alike; ratios are medians over
the turns. The clip's own logits are known, as they are after its explanation.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from engine.attribution import attribute
from engine.evidence import Prior, decision_evidence, evidence_maps
from engine.models.loaders.sources import find_network
from engine.models.model import Clip, VideoModel


def main(arguments: list[str] | None = None) -> None:
    """Print seconds of the default LRP, and the ratio of everything else to it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="r3d_18")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    jobs = jobs_of(*subject(options.model))
    for job in jobs.values():
        job()
    times = {name: np.zeros(options.turns) for name in jobs}
    for turn in range(options.turns):
        for name, job in jobs.items():
            began = time.perf_counter()
            job()
            times[name][turn] = time.perf_counter() - began
    for name, seconds in times.items():
        ratio = np.median(seconds / times["LRP"])
        print(f"{name:28} {np.median(seconds):7.2f} s   {ratio:5.2f} of LRP")


def subject(name: str) -> tuple[VideoModel, Clip]:
    """Return a model with random weights and a clip of its size in which something moves."""
    torch.manual_seed(0)
    network = find_network(name)
    module = network.build(len(network.spec.labels)).eval().requires_grad_(False)
    model = VideoModel(network.spec, module, torch.device("cpu"), network.pack)
    height, width = network.spec.crop
    rows, columns = np.mgrid[0:height, 0:width] / 20
    steps = np.arange(network.spec.frames)[:, None, None]
    values = 128 + 100 * np.sin(rows + 0.3 * steps) * np.cos(columns)
    frames = np.repeat(values[..., None], 3, axis=-1).astype(np.uint8)
    return model, model.preprocess(frames)


def jobs_of(model: VideoModel, clip: Clip) -> dict[str, Callable[[], object]]:
    """Return what is timed, by name; "LRP" comes first."""
    own = attribute(model, clip).logits
    prior = Prior((0.0,) * len(own), "even")
    return {
        "LRP": lambda: attribute(model, clip),
        "evidence": lambda: decision_evidence(model, clip, prior=prior, logits=own),
        "evidence, quick": lambda: decision_evidence(
            model, clip, prior=prior, logits=own, stills=1, orders=1, pair=False
        ),
        "maps": lambda: evidence_maps(model, clip),
    }


if __name__ == "__main__":
    main()
