"""What `benchmarks.gpu` measures, a function a table, the most telling first."""

from __future__ import annotations

import copy
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import peers
from benchmarks.precision import METHODS, OPTIONS, case_of, relative_error, rows_of
from benchmarks.video_speed import make_clip
from engine.attribution import attribute
from engine.attribution.attribute_clip import Explainer
from engine.evidence import decision_evidence
from engine.evidence.effort import EFFORTS
from engine.models.devices.facts import device_facts
from engine.models.devices.precisions import PRECISIONS, float32_products
from engine.models.devices.proof import judged
from engine.models.loaders.sources import find_network
from engine.models.model import Clip, VideoModel
from engine.pipeline import explain
from engine.types import Progress, Request
from engine.video import open_video
from tests.engine.networks import warmed_up

Line = dict[str, Any]
TARGET = 0
HEADED = ("lrp", "gradient", "grad_cam", "deep_taylor", "layer_cam")


@dataclass(frozen=True, slots=True)
class Setting:
    """What is measured on, and how thoroughly.

    Attributes
    ----------
    device : torch.device
    quick : bool
        A smoke test: small clips, few turns.
    """

    device: torch.device
    quick: bool

    @property
    def size(self) -> int:
        """Height and width of clips for speed."""
        return 32 if self.quick else 112

    @property
    def seconds(self) -> float:
        """Time to measure a rate for."""
        return 0.5 if self.quick else 4.0

    @property
    def networks(self) -> tuple[str, ...]:
        """Networks whose maps are compared with float64."""
        return ("figures",) if self.quick else ("figures", "r3d_18", "r2plus1d_18")


def device_lines(setting: Setting) -> Iterator[Line]:
    """Yield what is measured on."""
    facts = device_facts(setting.device)
    yield {
        "device": facts.name,
        "library": facts.library,
        "memory GiB": round(facts.memory_bytes / 2**30, 1),
        "torch": torch.__version__,
        "CUDA": torch.version.cuda if setting.device.type == "cuda" else "",
        "threads": torch.get_num_threads(),
    }


def self_test_lines(setting: Setting) -> Iterator[Line]:
    """Yield the self-test of each precision."""
    for precision in PRECISIONS:
        if precision == "tf32" and setting.device.type != "cuda":
            continue
        verdict = judged(setting.device, precision, anew=True)
        yield {
            "precision": precision,
            "layers": sum(layer.forward >= 0 for layer in verdict.test.layers),
            "largest error": verdict.test.worst,
            "seconds": verdict.test.seconds,
            "verdict": verdict.refusal or verdict.switched_off or "right",
        }


def error_lines(setting: Setting) -> Iterator[Line]:
    """Yield errors of maps as the engine makes them, to float64 on the CPU."""
    methods = HEADED[:3] if setting.quick else HEADED
    for name in setting.networks:
        model, clip = case_of(name, 56)
        exact = replace(model, module=copy.deepcopy(model.module).double())
        here = model.copied_to(setting.device)
        for method in methods:
            options = OPTIONS.get(method, {})
            right = attribute(exact, clip, None, method, **options)
            explainer = Explainer(here, right.target, method, **options)
            first, second = explainer.explain([clip])[0], explainer.explain([clip])[0]
            errors = [relative_error(one.relevance, right.relevance) for one in (first, second)]
            yield {
                "network": name,
                "method": method,
                "error of the first": errors[0],
                "of those after": errors[1],
                "TF32": bool(explainer.state()["rounded"]),
            }


def speed_lines(setting: Setting) -> Iterator[Line]:
    """Yield windows a second of r3d_18, ours and the peers'."""
    model, clip = r3d_18(setting)
    case = peers.Case(model, clip, model.spec.layer)
    for method in ("lrp", "gradient"):
        explainer = Explainer(model, TARGET, method)
        for _ in range(2):
            explainer.explain([clip])
        batch = explainer.batch
        alone = rate(setting, partial(explainer.explain, [clip]), 1)
        together = rate(setting, partial(explainer.explain, [clip] * batch), batch)
        yield {"what": f"engine {method}", "batch": 1, "windows/s": alone}
        yield {"what": f"engine {method}", "batch": batch, "windows/s": together}
        peer = _peer(method, case)
        if peer is None:
            yield {"what": f"peer of {method}", "batch": "not installed", "windows/s": None}
            continue
        theirs = rate(setting, peer[1], 1)
        yield {"what": peer[0], "batch": 1, "windows/s": theirs}
        yield {"what": f"ratio {method}, batch 1", "batch": 1, "windows/s": alone / theirs}
        yield {"what": f"ratio {method}, best", "batch": batch, "windows/s": together / theirs}


def _peer(method: str, case: peers.Case) -> tuple[str, peers.Work] | None:
    try:
        if method == "lrp":
            return "zennit epsilon-plus", peers.zennit(case)
        return "captum saliency", peers.captum(method, case, 1)
    except ImportError:
        return None


def video_lines(setting: Setting) -> Iterator[Line]:
    """Yield the way from H.264 720p to maps on the disk, and its parts alone."""
    frames, (width, height) = (32, (320, 180)) if setting.quick else (640, (1280, 720))
    model, clip = r3d_18(setting)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        path = make_clip(place / "clip.mp4", (width, height), 50, frames)
        card, weights = _card_of(model, place)
        with open_video(path) as video:
            began = time.perf_counter()
            pictures = [video[index] for index in range(frames)]
            decoded = frames / (time.perf_counter() - began)
        began = time.perf_counter()
        model.preprocess(np.stack(pictures[:16]))
        prepared = 16 / (time.perf_counter() - began)
        request = Request(path, str(card), weights=weights, device=str(setting.device))
        request = replace(request, evidence="off", overlap=0.0, target=TARGET)
        explain(replace(request, frames=(0, 16))).close()
        whole = _windows_a_second(request)
    explainer = Explainer(model, TARGET, "lrp")
    explainer.explain([clip])
    many = [clip] * explainer.batch
    bare = rate(setting, lambda: explainer.explain(many), len(many))
    yield {"what": "end to end, windows/s", "figure": whole}
    yield {"what": "bare attribution, windows/s", "figure": bare}
    yield {"what": "share of bare", "figure": whole / bare}
    yield {"what": "decoder alone, frames/s", "figure": decoded}
    yield {"what": "preprocessing alone, frames/s", "figure": prepared}
    walls = {"attribution": bare * 16, "decoder": decoded, "preprocessing": prepared}
    yield {"what": "lowest wall", "figure": min(walls, key=lambda name: walls[name])}


def _windows_a_second(request: Request) -> float:
    """Return the rate of a run, from the first report of windows on: without loading."""
    told: list[float] = []

    def report(progress: Progress) -> None:
        if progress.stage == "Explaining":
            told.append(time.perf_counter())

    analysis = explain(request, report)
    seconds, windows = time.perf_counter() - told[0], len(analysis.windows)
    analysis.close()
    return windows / seconds


def _card_of(model: VideoModel, folder: Path) -> tuple[Path, Path]:
    """Write a card and weights of a network, and return their paths."""
    weights, card = folder / "r3d.pth", folder / "r3d.toml"
    torch.save({name: part.cpu() for name, part in model.module.state_dict().items()}, weights)
    side = model.spec.crop[0]
    text = f'name = "r3d"\nnetwork = "r3d_18"\nresize = [{side}, {side}]\ncrop = [{side}, {side}]\n'
    card.write_text(text, encoding="utf-8")
    return card, weights


def evidence_lines(setting: Setting) -> Iterator[Line]:
    """Yield windows a second of evidence, by effort."""
    model, clip = r3d_18(setting)
    for name in ("quick", "full"):
        chosen = EFFORTS[name]
        ask = partial(decision_evidence, stills=chosen.stills, orders=chosen.orders)
        done = rate(setting, partial(ask, model, clip, TARGET, pair=chosen.pair), 1)
        yield {"effort": name, "windows/s": done}


def memory_lines(setting: Setting) -> Iterator[Line]:
    """Yield maps with memory for fewer and fewer clips, compared with those of one by one."""
    model, clip = r3d_18(setting)
    sizes = (5, 4, 3, 2, 1) if setting.quick else (16, 10, 5, 2, 1)
    clips = [replace(clip, tensor=clip.tensor * (1 + n / 100)) for n in range(sizes[0])]
    alone = [attribute(model, one, TARGET, "grad_cam").relevance for one in clips]
    for most in sizes:
        tight = replace(model, module=Tight(model.module, most))
        layer = f"network.{model.spec.layer}"
        found = Explainer(tight, TARGET, "grad_cam", layer=layer).explain(clips)
        pairs = zip(found, alone, strict=True)
        error = max(relative_error(one.relevance, right) for one, right in pairs)
        yield {"clips that fit": most, "of": len(clips), "largest error": error}


class Tight(nn.Module):
    """A network without memory for more than some clips."""

    def __init__(self, network: nn.Module, most: int) -> None:
        super().__init__()
        self.network, self.most = network, most

    def forward(self, clips: Tensor) -> Tensor:
        """Score clips, or refuse them."""
        if len(clips) > self.most:
            raise torch.OutOfMemoryError("refused on purpose")
        scores: Tensor = self.network(clips)
        return scores


def runs_lines(setting: Setting) -> Iterator[Line]:
    """Yield the memory in use over many runs."""
    runs = 8 if setting.quick else 500
    model, clip = case_of("figures", 0)
    model = model.copied_to(setting.device)
    for number in range(runs + 1):
        if number and number % max(runs // 4, 1) == 0:
            yield {"runs": number, "host MiB at most": _host_mib(), "card MiB": _card_mib(setting)}
        attribute(model, clip, TARGET, "lrp")


def _host_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak / (2**20 if sys.platform == "darwin" else 2**10))


def _card_mib(setting: Setting) -> float:
    if setting.device.type != "cuda":
        return 0.0
    return float(torch.cuda.memory_allocated(setting.device) / 2**20)


def roofline_lines(setting: Setting) -> Iterator[Line]:
    """Yield FLOP/s of passes and of LRP, beside those of a large matrix product here."""
    model, clip = r3d_18(setting)
    side = 512 if setting.quick else 8192 if setting.device.type == "cuda" else 2048
    square = torch.randn(side, side, device=setting.device)
    for rounded in (False, True) if setting.device.type == "cuda" else (False,):
        with float32_products(rounded=rounded):
            peak = rate(setting, lambda: square @ square, 1) * 2 * side**3
        yield {
            "what": f"matrix product, {'TF32' if rounded else 'float32'}",
            "TFLOP/s": peak / 1e12,
        }
    explainer = Explainer(model, TARGET, "lrp")
    for _ in range(2):
        explainer.explain([clip])
    with FlopCounterMode(display=False) as counter:
        explainer.explain([clip])
    many = [clip] * explainer.batch
    done = rate(setting, lambda: explainer.explain(many), len(many)) * counter.get_total_flops()
    rounded = bool(explainer.state()["rounded"])
    yield {"what": f"LRP, {_name(rounded)}", "TFLOP/s": done / 1e12}


def _name(rounded: bool) -> str:
    return "TF32" if rounded else "float32"


def layout_lines(setting: Setting) -> Iterator[Line]:
    """Yield the gradient's speed by layout in memory and batch, over that of plain clips."""
    model, clip = r3d_18(setting)
    plain = _gradient_rate(setting, model.module, clip.tensor)
    batches = (1, 2) if setting.device.type == "cpu" else (1, 4, 16, 64)
    last = copy.deepcopy(model.module).to(memory_format=torch.channels_last_3d)
    for batch in batches:
        clips = clip.tensor.repeat(batch, 1, 1, 1, 1)
        by_channel = _gradient_rate(setting, model.module, clips)
        by_place = _gradient_rate(
            setting, last, clips.contiguous(memory_format=torch.channels_last_3d)
        )
        yield {
            "batch": batch,
            "contiguous": by_channel / plain,
            "channels_last_3d": by_place / plain,
        }


def _gradient_rate(setting: Setting, module: nn.Module, clips: Tensor) -> float:
    def run() -> None:
        leaf = clips.detach().requires_grad_()
        torch.autograd.grad(module(leaf)[:, TARGET].sum(), leaf)

    with float32_products(rounded=False):
        return rate(setting, run, len(clips))


def precision_lines(setting: Setting) -> Iterator[Line]:
    """Yield the error of each method in each precision, on the zoo."""
    networks = ("figures",) if setting.quick else ("figures", "r3d_18", "r2plus1d_18", "x3d_xs")
    methods = ("lrp", "gradient", "grad_cam") if setting.quick else METHODS
    for name in networks:
        for row in rows_of(name, methods, setting.device, 56):
            yield {"network": name, "method": row.method, **row.errors, "cheapest": row.cheapest}


TABLES: dict[str, Callable[[Setting], Iterator[Line]]] = {
    "device": device_lines,
    "self-test": self_test_lines,
    "error to float64": error_lines,
    "speed of r3d_18": speed_lines,
    "from H.264": video_lines,
    "evidence": evidence_lines,
    "out of memory": memory_lines,
    "many runs": runs_lines,
    "roofline": roofline_lines,
    "layout and batch": layout_lines,
    "precision": precision_lines,
}
"""All tables, the most telling first."""


@cache
def r3d_18(setting: Setting) -> tuple[VideoModel, Clip]:
    """Return r3d_18 with random weights on the device, and a clip of noise."""
    spec = find_network("r3d_18").spec
    spec = replace(spec, resize=(setting.size,) * 2, crop=(setting.size,) * 2)
    module = warmed_up("r3d_18").requires_grad_(False).to(setting.device)
    model = VideoModel(spec, module, setting.device)
    return model, peers.noise(model)


def rate(setting: Setting, work: Callable[[], object], each: int) -> float:
    """Return how much is done a second: the median over turns, after one to warm up."""
    work()
    rates: list[float] = []
    began = time.perf_counter()
    while not rates or time.perf_counter() - began < setting.seconds:
        with _synchronised(setting.device):
            start = time.perf_counter()
            work()
        rates.append(each / (time.perf_counter() - start))
    return statistics.median(rates)


@contextmanager
def _synchronised(device: torch.device) -> Iterator[None]:
    """Wait for a card at the end, which works while Python goes on."""
    yield
    if device.type == "cuda":
        torch.cuda.synchronize(device)
