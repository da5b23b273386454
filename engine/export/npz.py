"""The arrays of an analysis as one NPZ file, written a part at a time."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.lib import format as npy

from engine.export.job import ExportJob
from engine.export.whole_file import whole_file
from engine.store import Analysis
from engine.types import Float32Array, Progress

STAGE = "Writing the arrays"
_MapName = Literal["relevance", "motion", "static"]
_MAPS: tuple[_MapName, ...] = ("relevance", "motion", "static")
_CHUNK = 64


def write_npz(job: ExportJob) -> Path:
    """Write the maps and numbers of a range for `numpy.load`.

    Members: ``relevance``, ``motion``, ``static`` float32 (N, h, w), signed, where motion +
    static = relevance; ``frame``, ``time_s``, ``sampled``, ``target``, ``score``,
    ``changing_share``, ``motion_share`` with ``motion_share_low`` and ``_high``, ``still_bits``,
    ``frames_bits``, ``order_bits`` and ``verdict`` (N,); ``logits`` (windows, classes);
    ``settings``, JSON, with the model and the evidence of each window. A few frames are in memory
    at a time.

    Raises
    ------
    ExportError
        If the file cannot be written.
    Cancelled
        If `check` said so; nothing is left behind.
    """
    maps = _Maps(job)
    with whole_file(job.path) as partial, zipfile.ZipFile(partial, "w", allowZip64=True) as archive:
        for name in _MAPS:
            maps.write(archive, name)
        for member, values in _numbers(job).items():
            _write_member(archive, member, np.asarray(values))
    return job.path


class _Maps:
    """Writes the three maps of each frame one after the other."""

    def __init__(self, job: ExportJob) -> None:
        self._separation = job.analysis.separation(job.look.preset)
        self._first, self._last = (frame - job.analysis.header.start for frame in job.frames)
        self._job, self._sigma = job, job.look.sigma
        self._began, self._done = time.monotonic(), 0

    def write(self, archive: zipfile.ZipFile, name: _MapName) -> None:
        count = self._last - self._first
        first = getattr(self._separation.frames(self._first, self._first + 1, self._sigma), name)
        shape = (count, *first.shape[1:])
        with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            npy.write_array_header_2_0(file, header)
            for chunk in self._chunks(name):
                file.write(np.ascontiguousarray(chunk, "<f4").data)

    def _chunks(self, name: _MapName) -> Iterator[Float32Array]:
        whole = len(_MAPS) * (self._last - self._first)
        for start in range(self._first, self._last, _CHUNK):
            self._job.check()
            stop = min(start + _CHUNK, self._last)
            yield getattr(self._separation.frames(start, stop, self._sigma), name)
            self._done += stop - start
            left_s = (time.monotonic() - self._began) / self._done * (whole - self._done)
            self._job.report(Progress(STAGE, self._done, whole, left_s))


def _numbers(job: ExportJob) -> dict[str, Any]:
    analysis, frames, look = job.analysis, job.frames, job.look
    start = analysis.header.start
    curves = analysis.separation(look.preset).curves(look.sigma)
    inside = slice(frames[0] - start, frames[1] - start)
    steps = analysis.step_logits()
    document = analysis.document(preset=look.preset, sigma=look.sigma)
    return {
        "frame": np.arange(*frames),
        "time_s": analysis.header.timestamps_s[inside],
        "sampled": analysis.sampled[inside],
        "target": analysis.targets()[inside],
        "score": analysis.target_scores()[inside],
        "changing_share": curves.changing_share[inside],
        **_evidence(analysis, inside),
        "logits": analysis.logits(),
        **({} if steps is None else {"step_logits": steps}),
        "settings": json.dumps(document),
    }


def _evidence(analysis: Analysis, inside: slice) -> dict[str, Any]:
    curves = analysis.evidence_curves()
    return {
        "motion_share": curves.share[inside],
        "motion_share_low": curves.low[inside],
        "motion_share_high": curves.high[inside],
        "still_bits": curves.still_bits[inside],
        "frames_bits": curves.frames_bits[inside],
        "order_bits": curves.order_bits[inside],
        "verdict": np.array(curves.verdicts[inside], np.str_),
    }


def _write_member(archive: zipfile.ZipFile, name: str, values: np.ndarray[Any, Any]) -> None:
    content = io.BytesIO()
    npy.write_array(content, values, allow_pickle=False)
    archive.writestr(f"{name}.npy", content.getvalue())
