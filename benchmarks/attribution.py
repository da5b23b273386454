"""Engine, captum, zennit and pytorch-grad-cam: time and memory, same network, clip, machine.

Every turn runs all rows in a random order, so that other load on the machine and what the row
before left in the caches meet all alike; medians are printed, and ratios are medians of the
ratios within a turn. Memory is the peak of a process of its own, above
what it held with the model loaded (on a GPU: what was allocated above that).

``python -m benchmarks.attribution [NETWORK] [--repeat N] [--rows A,B] [--no-memory]``
"""

from __future__ import annotations

import argparse
import ctypes
import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks import peers
from benchmarks.peers import Case, Work
from engine.attribution import attribute
from engine.models.loaders.sources import find_network
from engine.models.model import VideoModel
from tests.engine.networks import warmed_up

STEPS = 4
SAMPLES = 32
BOX = {"box_frames": 8, "box_px": 28, "stride_frames": 8, "stride_px": 28, "batch": 4}
BOXES = 32
OPTIONS: dict[str, dict[str, object]] = {
    "integrated_gradients": {"steps": STEPS},
    "smooth_grad": {"samples": STEPS},
    "rise": {"samples": SAMPLES, "batch": 4},
    "occlusion": BOX,
}
CAPTUM = (
    "gradient",
    "input_x_gradient",
    "guided_backprop",
    "integrated_gradients",
    "smooth_grad",
    "grad_cam",
    "occlusion",
)
LRP = ("lrp", "deep_taylor", "lrp_epsilon_plus", "lrp_epsilon_alpha2_beta1")
ROW = "{:<44} {:>9} {:>10} {:>12} {:>10}"


def main() -> None:
    """Measure and print a table, or, for itself, the memory of one row."""
    options = arguments()
    torch.set_num_threads(options.threads)
    case = case_of(options.network, options.device)
    if options.memory_of:
        print(peak_bytes(rows(case)[options.memory_of], case.model.device))
        return
    chosen = {
        name: work
        for name, work in rows(case).items()
        if not options.rows or any(part in name for part in options.rows.split(","))
    }
    turns = alternate(chosen, options.repeat, case.model.device)
    memory = {} if options.no_memory else {name: memory_of(name, options) for name in chosen}
    show(options, case, turns, memory)


def arguments() -> argparse.Namespace:
    """Parse the options of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", nargs="?", default="r3d_18")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--rows", default="", help="parts of the names of rows, with commas")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--memory-of", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def case_of(name: str, device: str) -> Case:
    """Make a network with random weights and warmed-up BatchNorm, and a random clip."""
    spec = find_network(name).spec
    place = torch.device(device)
    module = warmed_up(name).requires_grad_(False).to(place)
    model = VideoModel(replace(spec, resize=spec.crop), module, place)
    return Case(model, peers.noise(model), spec.layer)


def rows(case: Case) -> dict[str, Work]:
    """Return all work to be measured, by the name of its row."""
    table: dict[str, Work] = {
        "floor: forward": lambda: forward(case, 1),
        "floor: forward, batch of 4": lambda: forward(case, 4),
        "floor: forward + input backward": lambda: floor(case, 1),
        "floor: 2 forwards + input backward": lambda: floor(case, 2),
    }
    for method in (*LRP, *CAPTUM, "grad_cam_plus_plus", "layer_cam", "rise"):
        table[f"engine: {method}"] = engine(case, method)
    for method in CAPTUM:
        table[f"captum: {method}"] = peers.captum(method, case, STEPS)
    if hasattr(case.model.module, "layer1"):
        table["zennit: epsilon-plus"] = peers.zennit(case)
    package = peers.grad_cam_package(case)
    if package is not None:
        table["pytorch-grad-cam: grad_cam"] = package
    return table


def engine(case: Case, method: str) -> Work:
    """Prepare a method of this engine."""
    options = OPTIONS.get(method, {})
    return lambda: attribute(case.model, case.clip, peers.TARGET, method, **options)


def forward(case: Case, clips: int) -> object:
    """Run forward passes without gradients."""
    with torch.no_grad():
        return case.model.module(case.clip.tensor.repeat(clips, 1, 1, 1, 1))


def floor(case: Case, forwards: int) -> object:
    """Do the least work of a gradient (one forward) or the z+ rule (two)."""
    for _ in range(forwards - 1):
        forward(case, 1)
    leaf = case.clip.tensor.clone().requires_grad_()
    score = case.model.module(leaf)[0, peers.TARGET]
    return torch.autograd.grad(score, leaf)


def alternate(work: dict[str, Work], repeat: int, device: torch.device) -> dict[str, list[float]]:
    """Return the seconds of each row in every turn but the first."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    order, chance = list(work), random.Random(0)
    for turn in range(repeat + 1):
        chance.shuffle(order)
        for name in order:
            row = work[name]
            began = time.perf_counter()
            row()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            if turn:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def memory_of(name: str, options: argparse.Namespace) -> int:
    """Measure the peak memory of a row in a process of its own, in bytes."""
    command = [sys.executable, "-m", "benchmarks.attribution", options.network]
    command += ["--memory-of", name, "--threads", str(options.threads), "--device", options.device]
    # glibc keeps freed blocks of less than its moving threshold; a fixed one shows what is held
    settings = os.environ | {"MALLOC_MMAP_THRESHOLD_": "1000000"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=settings)
    return int(done.stdout.split()[-1])


def peak_bytes(work: Work, device: torch.device) -> int:
    """Return the peak memory of some work above the memory held before it, in bytes.

    The work is done once before, for what the libraries set up and keep.
    """
    work()
    if device.type == "cuda":
        before = torch.cuda.memory_allocated(device)
        work()
        return torch.cuda.max_memory_allocated(device) - before
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = held_kib("VmRSS")
    work()
    return (held_kib("VmHWM") - before) * 1024


def held_kib(field: str) -> int:
    """Read a field of this process's memory as Linux counts it, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def show(
    options: argparse.Namespace, case: Case, turns: dict[str, list[float]], memory: dict[str, int]
) -> None:
    """Print the table."""
    frames, height, width = case.clip.tensor.shape[2:]
    print(
        f"{options.network}, {frames}x{height}x{width}, torch {torch.__version__}, "
        f"{case.model.device}, {options.threads} threads, medians of {options.repeat} turns"
    )
    print(ROW.format("", "seconds", "/ gradient", "/ its peer", "peak MB"))
    base = turns.get("engine: gradient") or next(iter(turns.values()))
    for name, seconds in turns.items():
        rival = turns.get(rival_of(name))
        print(
            ROW.format(
                name,
                f"{statistics.median(seconds):.3f}",
                ratio(seconds, base),
                "" if rival is None else ratio(seconds, rival),
                f"{memory[name] / 1e6:.0f}" if name in memory else "",
            )
        )
    throughput(turns)


def rival_of(name: str) -> str:
    """Return the row that a row of the engine is compared with."""
    method = name.removeprefix("engine: ")
    if method in LRP:
        return "zennit: epsilon-plus"
    return f"captum: {method}" if name.startswith("engine") else ""


def ratio(seconds: list[float], base: list[float]) -> str:
    """Return the median of the ratios within a turn."""
    ratios = [one / other for one, other in zip(seconds, base, strict=True)]
    return f"{statistics.median(ratios):.2f}"


def throughput(turns: dict[str, list[float]]) -> None:
    """Return the rate of the perturbation methods' passes over that of bare forwards."""
    bare = turns.get("floor: forward, batch of 4")
    passes = {
        "engine: rise": SAMPLES + 1,
        "engine: occlusion": BOXES + 1,
        "captum: occlusion": BOXES + 1,
    }
    for name, count in passes.items():
        if bare and name in turns:
            shares = [count / one / (4 / four) for one, four in zip(turns[name], bare, strict=True)]
            print(f"{name}: {statistics.median(shares):.1%} of bare batched forward throughput")


if __name__ == "__main__":
    main()
