"""How fast a study goes: two workers against one, one against bare passes, and its memory.

Run ``python -m benchmarks.study_speed``, with the extra ``study`` installed. Only ratios mean
anything on a machine that others use: the runs take turns.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from engine.evidence.effort import EFFORTS
from engine.models.load import load_requested
from engine.models.model import VideoModel
from engine.study.measure import Meter
from engine.study.rows import Row
from engine.study.settings import StudySettings
from engine.types import Request
from tests.clips import moving_square, write_clip

_FRAMES = 24


def clips_in(folder: Path, count: int) -> list[Path]:
    """Write so many clips, each a little different."""
    folder.mkdir()
    frames = moving_square(_FRAMES)
    paths = [folder / f"{number:04d}.mp4" for number in range(count)]
    return [write_clip(path, np.roll(frames, n, axis=2)) for n, path in enumerate(paths)]


def resident_mib(process: int | str = "self") -> float:
    """Return the memory of a process, in MiB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def evidence_settings(folder: Path, model: str) -> StudySettings:
    """Return the settings of a study of evidence alone."""
    request = Request(folder, model=model, device="cpu")
    return StudySettings(request, with_maps=False, shuffles=0)


def measured_and_bare(
    model: VideoModel, settings: StudySettings, paths: list[Path]
) -> tuple[float, float]:
    """Return the seconds that clips take, and bare passes of as many windows, in turns."""
    meter = Meter(model, settings)
    meter.measure(paths[0], Row("", str(paths[0])))
    measured = bare = 0.0
    for path in paths:
        began = time.perf_counter()
        found = meter.measure(path, Row("", str(path)))
        measured += time.perf_counter() - began
        bare += _bare(model, len(found.windows))
    return measured, bare


def _bare(model: VideoModel, windows: int) -> float:
    """Return the seconds of as many forward passes, in the batches that evidence asks."""
    passes = EFFORTS["full"].passes
    clip = torch.zeros(passes, 3, model.spec.frames, *model.spec.crop)
    began = time.perf_counter()
    with torch.no_grad():
        for _ in range(windows):
            model.module(clip[:1])
            model.module(clip)
    return time.perf_counter() - began


def workers_seconds(
    settings: StudySettings, home: Path, counts: list[int], turns: int
) -> dict[int, float]:
    """Return the seconds a clip of studies by so many workers, without their start."""
    from engine.study.launchers import Crew
    from engine.study.study import described, run_study

    study = described(settings, load_requested(settings.request))
    times: dict[int, list[float]] = {count: [] for count in counts}
    for turn in range(turns):
        for count in counts:
            out = home / f"{count}-{turn}"
            run_study(study, Crew(out, count, "cpu"))
            ends = sorted(path.stat().st_mtime for path in out.glob("units/*/*.json"))
            times[count].append((ends[-1] - ends[count - 1]) / (len(ends) - count))
    return {count: float(np.median(values)) for count, values in times.items()}


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--memory", type=int, default=200, help="clips of the memory test")
    parser.add_argument("--model", default="figures")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="study-speed-") as name:
        home = Path(name)
        paths = clips_in(home / "set", options.clips)
        settings = evidence_settings(home / "set", options.model)
        model = load_requested(settings.request)
        measured, bare = measured_and_bare(model, settings, paths)
        print(f"evidence alone: {bare / measured:.1%} of bare passes", flush=True)
        seconds = workers_seconds(settings, home, [1, 2], options.turns)
        ratio = seconds[1] / seconds[2]
        print(
            f"two workers: {ratio:.2f} times one ({60 / seconds[1]:.1f} clips a minute)", flush=True
        )
        _print_memory(Meter(model, settings), paths, options.memory)


def _print_memory(meter: Meter, paths: list[Path], clips: int) -> None:
    marks = []
    for number in range(clips):
        path = paths[number % len(paths)]
        meter.measure(path, Row("", str(path)))
        if number in (clips // 4, clips // 2, clips - 1):
            marks.append(f"{resident_mib():.0f}")
    print(f"memory after 1/4, 1/2 and all of {clips} clips: {', '.join(marks)} MiB", flush=True)


if __name__ == "__main__":
    main()
