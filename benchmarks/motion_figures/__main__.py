"""Motion Figures on the command line: ``python -m benchmarks.motion_figures all``.

What is finished is kept in a folder: a run that was interrupted goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.motion_figures import choice, results
from benchmarks.motion_figures.accuracy import kept_accuracy
from benchmarks.motion_figures.evidence_results import evidence_page
from benchmarks.motion_figures.familiar import write_record
from benchmarks.motion_figures.ladder_measures import Counts, Rung, measure_ladder
from benchmarks.motion_figures.measurement import Extent, measure, version_of
from benchmarks.motion_figures.networks import NETWORKS, as_model, load_network
from benchmarks.motion_figures.plans import SEED, SHORT, WHOLE, ladder, trained
from benchmarks.motion_figures.testset import MANIFEST, TEST_CLIPS, differing, write_manifest
from resources import resource_path

BIASED = 0.9
"""The rung whose explanations are measured beside the bundled network's."""

LARGE = tuple(name for name in NETWORKS if name != "figures")
PAGE = Path("docs/results.md")
EVIDENCE_PAGE = Path("docs/evidence-results.md")


@dataclass(frozen=True, slots=True)
class Amount:
    """Numbers of clips to measure on, separate for the large networks."""

    testset: int
    accuracy: int
    large_accuracy: int
    bundled: Extent
    biased: Extent
    large: Extent
    ladder: Counts
    choice: int


FULL = Amount(
    testset=TEST_CLIPS,
    accuracy=TEST_CLIPS,
    large_accuracy=100,
    bundled=Extent(64, 24),
    biased=Extent(64, 24, telling=True),
    large=Extent(8, 0),
    ladder=Counts(TEST_CLIPS, shares=64, stills=24),
    choice=choice.CLIPS,
)
QUICK = Amount(
    testset=24,
    accuracy=80,
    large_accuracy=24,
    bundled=Extent(16, 8),
    biased=Extent(16, 8, telling=True),
    large=Extent(2, 0),
    ladder=Counts(80, shares=16, stills=4),
    choice=8,
)


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line and run the chosen command."""
    options = _options(arguments)
    torch.set_num_threads(options.threads)
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.what == "all":
        _run_all(options)
    elif options.what == "testset":
        _testset(TEST_CLIPS, write=options.write)
    elif options.what == "ladder":
        for path in ladder(options.seed, options.folder, retrain=True).values():
            print(path)
    elif options.what == "evidence":
        _evidence(options.folder)
    elif options.what == "record":
        _record(options)
    else:
        course = SHORT if options.quick else WHOLE
        print(trained(options.what, options.seed, options.folder, course))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.motion_figures", description=__doc__
    )
    what = ("all", "evidence", "testset", "record", "ladder", *NETWORKS)
    parser.add_argument(
        "what",
        choices=what,
        help="measure everything, or evidence alone, check the test set's bytes, describe the "
        "bundled weights, "
        "or train a network",
    )
    parser.add_argument("--quick", action="store_true", help="few clips; a training of minutes")
    parser.add_argument("--folder", type=Path, default=Path("build/motion-figures"))
    parser.add_argument("--seed", type=int, default=SEED, help="of trainings, >= 1")
    parser.add_argument("--threads", type=int, default=2, help="of torch, for measuring")
    parser.add_argument(
        "--large", nargs="*", choices=LARGE, default=LARGE, help="large networks, to train first"
    )
    parser.add_argument("--retrain", action="store_true", help="train the ladder anew too")
    parser.add_argument("--write", action="store_true", help="with testset: write its checksums")
    return parser.parse_args(arguments)


def _evidence(folder: Path) -> None:
    """Measure evidence against truth, and write its page."""
    EVIDENCE_PAGE.write_text(evidence_page(folder / "truth"), encoding="utf-8")
    print(EVIDENCE_PAGE)


def _record(options: argparse.Namespace) -> None:
    """Describe the bundled weights beside them, and calibrate their familiarity limit."""
    with resource_path("figures.safetensors") as bundled:
        command = f"python -m benchmarks.motion_figures figures --seed {options.seed}"
        write_record(bundled, bundled.with_suffix(".json"), command)
        print(bundled.with_suffix(".json"))


def _testset(count: int, *, write: bool = False) -> None:
    """Check that this machine draws the test set, as another one would measure other clips."""
    if write:
        write_manifest()
    others = differing(count)
    if others:
        sys.exit(f"{len(others)} of {count} clips differ from {MANIFEST.name}: {others[:10]} ...")
    print(f"Test set: the first {count} clips are those of {MANIFEST.name}, byte for byte.")


def _run_all(options: argparse.Namespace) -> None:
    began = time.monotonic()
    amount = QUICK if options.quick else FULL
    _testset(amount.testset)
    rungs = ladder(options.seed, options.folder, retrain=options.retrain)
    networks = _networks(options, amount, rungs)
    measured = _ladder(options.folder, amount, rungs)
    choices = _choices(options.folder, amount, rungs[BIASED])
    minutes = (time.monotonic() - began) / 60
    words = _words(options, minutes)
    page = options.folder / "results.md" if options.quick else PAGE
    reading = "" if options.quick else results.READING.read_text(encoding="utf-8").strip()
    _evidence(options.folder)
    text = results.page(networks, measured, choices, options.seed, words, reading)
    page.write_text(text, encoding="utf-8")
    print(f"{minutes:.1f} minutes; the figures are in {page}")


def _words(options: argparse.Namespace, minutes: float) -> str:
    switches = " --quick" if options.quick else ""
    if tuple(options.large) != LARGE:
        switches += " ".join([" --large", *options.large])
    return (
        f"Made by `python -m benchmarks.motion_figures all{switches}`, torch {torch.__version__}; "
        f"this run took {minutes:.0f} minutes, less what it found done."
    )


def _networks(
    options: argparse.Namespace, amount: Amount, rungs: dict[float, Path]
) -> list[results.Measured]:
    folder, count = options.folder, amount.accuracy
    with resource_path("figures.safetensors") as bundled:
        networks = [_measured("bundled network", "figures", bundled, amount.bundled, count, folder)]
    title = f"trained with signs that tell (b = {BIASED:g})"
    networks.append(_measured(title, "figures", rungs[BIASED], amount.biased, count, folder))
    for name in options.large:
        weights = folder / f"{name}-{options.seed}.safetensors"
        if options.quick and not weights.exists():
            print(f"{name} is left out: it is trained by a full run only.")
            continue
        weights = trained(name, options.seed, folder)
        networks.append(_measured(name, name, weights, amount.large, amount.large_accuracy, folder))
    return networks


def _measured(
    title: str, name: str, weights: Path, extent: Extent, clips: int, folder: Path
) -> results.Measured:
    network = load_network(name, weights)
    accuracy = kept_accuracy(network, weights, clips, folder)
    rows = measure(as_model(name, network), weights, extent, folder / "rows")
    return results.Measured(title, accuracy, rows)


def _ladder(folder: Path, amount: Amount, rungs: dict[float, Path]) -> list[Rung]:
    models = {
        b: (as_model("figures", load_network("figures", weights)), weights)
        for b, weights in rungs.items()
    }
    return measure_ladder(models, amount.ladder, folder)


def _choices(
    folder: Path, amount: Amount, biased: Path
) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Measure candidates for the selector on the bundled network, and on a biased one."""
    with resource_path("figures.safetensors") as bundled:
        subjects = [("bundled", bundled, False), (f"b = {BIASED:g}", biased, True)]
        choices = {}
        for title, weights, telling in subjects:
            path = folder / f"choice-{version_of(weights, telling, amount.choice)}.json"
            if not path.exists():
                model = as_model("figures", load_network("figures", weights))
                compared = choice.compare(model, telling, amount.choice)
                path.write_text(json.dumps(compared), encoding="utf-8")
            choices[title] = json.loads(path.read_text(encoding="utf-8"))
    return choices


if __name__ == "__main__":
    main()
