"""A study whose workers and driver are killed (SIGKILL) at random moments, and resumed.

Run ``python -m benchmarks.study_kills --rounds 30``, with the extra ``study`` installed. The tables
must be those of an undisturbed run, byte for byte, each clip once, and of the clips that a killed
worker held at most one must be measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.study.place import TABLE_FILES
from tests.clips import moving_square, write_clip

_CARD = """
name = "net"
network = "net.py:build"
labels = "labels.txt"
frames = 4
fps = 15
resize = [16, 16]
crop = 16
mean = 0.5
std = 0.25
"""
_NET = """
import torch
from torch import nn

def build(classes):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv3d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten())
    return nn.Sequential(net, nn.Linear(8, classes))
"""


@dataclass(slots=True)
class Outcome:
    """What was found after the kills of a study."""

    clips: int
    worker_kills: int = 0
    driver_kills: int = 0
    begun_again: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """All kills."""
        return self.worker_kills + self.driver_kills


class Studies:
    """A tiny data set and model, and studies of them.

    Parameters
    ----------
    home : Path
        An empty folder.
    clips : int
        How many.
    more : sequence of str
        Further options of the command.
    """

    def __init__(self, home: Path, clips: int, *more: str) -> None:
        self.home, self.clips, self._more = home, clips, more
        (home / "set").mkdir()
        for number in range(clips):
            frames = moving_square(8 + number % 5, (48, 32)).astype(np.int64)
            frames = np.roll(frames, number, axis=1) + number % 40
            path = home / "set" / f"{number:04d}.mp4"
            write_clip(path, frames.clip(0, 255).astype(np.uint8))
        (home / "net.py").write_text(_NET)
        (home / "labels.txt").write_text("still\nmoving\n")
        (home / "card.toml").write_text(_CARD)

    def start(self, out: Path, *more: str) -> subprocess.Popen[bytes]:
        """Start a study, or resume it."""
        words = ["study", str(self.home / "set"), "--out", str(out), "--workers", "2", "--trust"]
        words += ["--model", str(self.home / "card.toml"), "--shuffles", "1", "--device", "cpu"]
        words += ["--method", "gradient", *self._more, *more]
        environment = {
            **os.environ,
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "OMP_NUM_THREADS": "1",
        }
        with (self.home / "said.txt").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "inspector", *words], env=environment, stdout=said,
                stderr=said,
            )  # fmt: skip


def kill_study(studies: Studies, rounds: int, seed: int = 0) -> Outcome:
    """Kill a study that many times and compare it with an undisturbed one."""
    chance, outcome = random.Random(seed), Outcome(studies.clips)
    whole, killed = studies.home / "whole", studies.home / "killed"
    began = time.monotonic()
    if studies.start(whole).wait():
        outcome.wrong.append("the undisturbed run failed")
    per_clip = _seconds_a_clip(whole)
    driver = studies.start(killed)
    while outcome.kills < rounds and _some_left(killed, studies.clips):
        after = 1.6 * chance.random() * per_clip * studies.clips / rounds
        _wait_for_work(killed, driver, chance.random() < 0.2)
        time.sleep(after)
        if driver.poll() is not None:
            break
        if chance.random() < 0.5:
            outcome.worker_kills += _kill_a_worker(killed, chance)
        else:
            driver.kill()
            driver.wait()
            outcome.driver_kills += 1
            driver = studies.start(killed)
    code = driver.wait()
    outcome.seconds = time.monotonic() - began
    outcome.wrong += [f"the last run ended with {code}"] if code else []
    _judge(whole, killed, outcome)
    return outcome


def _seconds_a_clip(out: Path) -> float:
    """Return the time between the results of an undisturbed run."""
    times = sorted(path.stat().st_mtime for path in out.glob("units/*/*.json"))
    return (times[-1] - times[0]) / max(len(times) - 1, 1) if times else 0.1


def _some_left(out: Path, clips: int) -> bool:
    return sum(1 for _ in out.glob("units/*/*.json")) < clips


def _wait_for_work(out: Path, driver: subprocess.Popen[bytes], at_once: bool) -> None:
    """Wait until a worker has its place, as most moments of a long study are later than that."""
    until = time.monotonic() + 60
    while not at_once and not _workers(out) and driver.poll() is None:
        if time.monotonic() > until:
            return
        time.sleep(0.02)


def _workers(out: Path) -> list[int]:
    """Return the processes of the workers that have a place, the driver's own not among them."""
    found = []
    for path in out.glob("workers/*-*.lock"):
        number = int(path.stem.split("-")[-2])
        with suppress(OSError):
            line = Path(f"/proc/{number}/cmdline").read_bytes()
            if b"inspector\0study" not in line:
                found.append(number)
    return found


def _kill_a_worker(out: Path, chance: random.Random) -> int:
    workers = _workers(out)
    if not workers:
        return 0
    with suppress(ProcessLookupError):
        os.kill(chance.choice(sorted(workers)), signal.SIGKILL)
        return 1
    return 0


def _judge(whole: Path, killed: Path, outcome: Outcome) -> None:
    for name in TABLE_FILES:
        pair = [folder / name for folder in (whole, killed)]
        if not all(path.exists() for path in pair):
            outcome.wrong.append(f"{name} is missing")
        elif pair[0].read_bytes() != pair[1].read_bytes():
            outcome.wrong.append(f"{name} differs from that of the undisturbed run")
    results = [sorted(path.name for path in one.glob("units/*/*")) for one in (whole, killed)]
    if results[0] != results[1] or len(results[0]) != outcome.clips:
        outcome.wrong.append(f"{len(results[1])} results of {outcome.clips}")
    begun = _journal(killed, "begun")
    outcome.begun_again = sum(begun.values()) - len(begun)
    if outcome.begun_again > outcome.kills:
        outcome.wrong.append(f"{outcome.begun_again} clips again after {outcome.kills} kills")
    if any(count > 1 for count in _journal(killed, "done").values()):
        outcome.wrong.append("a clip was finished twice")
    left = [path.name for path in killed.rglob("*") if path.suffix == ".part"]
    outcome.wrong += [f"{name} is left" for name in left]


def _journal(out: Path, state: str) -> Counter[str]:
    lines = [line for path in out.glob("workers/*.log") for line in path.read_text().splitlines()]
    entries = [json.loads(line) for line in lines]
    return Counter(entry["key"] for entry in entries if entry["state"] == state)


def main() -> None:
    """Print what was found after the kills."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--engine", default="local")
    parser.add_argument("--address", default="")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    more = ["--engine", options.engine]
    more += ["--address", options.address] if options.address else []
    with tempfile.TemporaryDirectory(prefix="study-kills-") as home:
        studies = Studies(Path(home), options.clips, *more)
        outcome = kill_study(studies, options.rounds, options.seed)
        print(
            f"{options.engine}: {outcome.clips} clips, {outcome.worker_kills} kills of workers, "
            f"{outcome.driver_kills} of the driver, {outcome.begun_again} clips begun again, "
            f"{outcome.seconds:.0f} s, wrong {len(outcome.wrong)}",
            flush=True,
        )
        print("\n".join(outcome.wrong))
        if outcome.wrong:
            print((Path(home) / "said.txt").read_text()[-3000:])
    raise SystemExit(bool(outcome.wrong))


if __name__ == "__main__":
    main()
