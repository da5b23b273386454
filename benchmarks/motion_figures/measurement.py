"""Measurement of a network's explanations on the test set, stored row by row."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import engine.attribution
import engine.selective
from benchmarks.motion_figures.dataset import FigureClip
from benchmarks.motion_figures.measures import Truth, figures_of, truth_of
from benchmarks.motion_figures.progress import Progress
from benchmarks.motion_figures.selectors import FROZEN, select, select_by_stills
from benchmarks.motion_figures.testset import TEST
from engine.attribution import attribute
from engine.models import VideoModel

METHODS = (
    "lrp",
    "lrp_epsilon_plus",
    "deep_taylor",
    "excitation_backprop",
    "integrated_gradients",
    "gradient",
    "input_x_gradient",
    "grad_cam",
)
"""Attribution methods that are measured."""

OPTIONS: dict[str, dict[str, Any]] = {"integrated_gradients": {"steps": 16}}
"""Where the default takes too long for so many clips."""

STILLS_OF = "lrp"
"""The method whose relevance is also separated by still clips."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Part of the test set that a network is measured on.

    Attributes
    ----------
    clips : int
        For most methods.
    stills : int
        For the frozen-frame split, which explains every clip 17 times.
    telling : bool
        Whether the sign tells the activity.
    """

    clips: int
    stills: int
    telling: bool = False


Row = dict[str, Any]


def measure(model: VideoModel, weights: Path, extent: Extent, folder: Path) -> list[Row]:
    """Return the rows of a network, and measure those that no file has.

    Parameters
    ----------
    model : VideoModel
    weights : Path
        Its file: other weights, or another version of what is measured, start a new table.
    extent : Extent
    folder : Path
        Where tables are kept.

    Returns
    -------
    list of dict
        Keys ``method``, ``clip`` (index in the test set), ``camera``, ``right`` (whether the
        network names the activity) and ``figures`` (see `measures.figures_of`).
    """
    table = _Table(folder / f"{model.spec.name}-{version_of(weights, extent.telling)}.jsonl")
    keys = [(clip, method) for clip in range(extent.clips) for method in METHODS]
    missing = [key for key in keys if not table.has(*key, stills=_stills(*key, extent))]
    progress = Progress(f"explaining with {model.spec.name}", len(missing))
    for clip, method in missing:
        subject = _subject(clip, extent.telling)
        table.add(_row(model, method, clip, subject, _stills(clip, method, extent)))
        progress.add()
    return [table.rows[key] for key in keys]


def _stills(clip: int, method: str, extent: Extent) -> bool:
    return method == STILLS_OF and clip < extent.stills


class _Table:
    """Rows in a file of JSON lines, of which a cut-off line is measured again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows: dict[tuple[int, str], Row] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            path.write_text(whole, encoding="utf-8")
        for line in whole.splitlines():
            self._keep(json.loads(line))

    def has(self, clip: int, method: str, *, stills: bool) -> bool:
        """Return true if a row is there, with the frozen-frame split if ``stills``."""
        row = self.rows.get((clip, method))
        return row is not None and (not stills or FROZEN in row["figures"])

    def add(self, row: Row) -> None:
        """Keep a row, at once."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self._keep(row)

    def _keep(self, row: Row) -> None:
        self.rows[row["clip"], row["method"]] = row


@lru_cache(maxsize=1)
def _subject(index: int, telling: bool) -> tuple[FigureClip, Truth]:
    clip = TEST.clip(index, telling)
    return clip, truth_of(clip)


def _row(
    model: VideoModel, method: str, index: int, subject: tuple[FigureClip, Truth], stills: bool
) -> Row:
    clip, truth = subject
    model_clip = model.preprocess(clip.frames)
    if stills:
        heat, frozen = select_by_stills(model, model_clip, clip.label, method)
        selected = select(heat) | {FROZEN: frozen}
    else:
        heat = attribute(model, model_clip, clip.label, method, **OPTIONS.get(method, {}))
        selected = select(heat)
    return {
        "method": method,
        "clip": index,
        "camera": clip.camera,
        "right": int(heat.logits.argmax()) == clip.label,
        "figures": figures_of(heat.relevance, selected, truth),
    }


def version_of(weights: Path, *marks: object) -> str:
    """Return eight digits that change with the weights, the marks, and the measuring code."""
    digest = hashlib.sha256(weights.read_bytes() + repr(marks).encode())
    here = Path(__file__).parent
    packages = (engine.attribution, engine.selective)
    code = [path for one in packages for path in Path(str(one.__file__)).parent.rglob("*.py")]
    code += [here / f"{name}.py" for name in ("measures", "selectors", "reliance", "testset")]
    for file in sorted(code):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]
