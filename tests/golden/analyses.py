"""The golden analyses: small ones, in every state that a folder can have."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import numpy as np

from engine.cancel import never
from engine.pipeline import explain
from engine.store import Analysis, CheckpointKey, Resumable
from engine.store.resumable import State
from engine.types import Request
from tests.clips import moving_square, write_clip
from tests.engine.store.analyses import CROP, header_of, noise, window_of
from tests.golden.keeping import KEPT

FRAMES = 20
CLIP = KEPT / "analysis" / "square.mp4"
ASKED = CheckpointKey("key", "video.mp4", 5)
HEADER = header_of(48, every=2, start=11)
BROKEN_OFF = 40
CARD = 'name = "small"\nnetwork = "figures"\nresize = [28, 28]\ncrop = [28, 28]\n'


def make_saved(folder: Path, work: Path) -> None:
    """Explain a small clip at a small size and save it; the clip stays beside the folder."""
    (work / "small.toml").write_text(CARD, encoding="utf-8")
    shutil.copy(write_clip(CLIP, moving_square(FRAMES)), work)  # no two runs encode alike
    with contextlib.chdir(work):  # so that the paths kept are those of no machine
        analysis = explain(Request(Path("square.mp4"), model="small.toml", device="cpu"))
    shutil.rmtree(folder, ignore_errors=True)
    analysis.save(folder, preset="recommended", sigma=1.0)
    analysis.close()


def make_unfinished(folder: Path) -> None:
    """Break a computation off behind its first chunk."""
    shutil.rmtree(folder, ignore_errors=True)
    kept = Resumable(folder, ASKED)
    analysis, _ = kept.begin(HEADER, "cpu", never)
    append(analysis, 0, BROKEN_OFF)
    kept.keep(analysis, state_of(BROKEN_OFF), now=True)


def make_finished(folder: Path) -> None:
    """Finish a computation that can be resumed."""
    shutil.rmtree(folder, ignore_errors=True)
    kept = Resumable(folder, ASKED)
    analysis, _ = kept.begin(HEADER, "cpu", never)
    append(analysis, 0, len(HEADER.step_frames))
    kept.finish(analysis)


def append(analysis: Analysis, first: int, stop: int) -> None:
    """Add windows that each complete four steps."""
    relevance = noise(len(HEADER.step_frames))
    for step in range(first, stop, 4):
        analysis.append([window_of(HEADER, step)], relevance[step : step + 4])


def state_of(done: int) -> State:
    """Return what a computation holds between two windows."""
    return {"sum": np.full((8, *CROP), done, np.float32), "batch": np.array(3)}
