"""An analysis that can be taken up again wherever its computation was broken off, even killed.

Three things lie beside the arrays while it is computed. ``journal.jsonl``: a line for what was
asked, then one a finished window, each with a checksum. ``unfinished.npz``: what is not stored
elsewhere, replaced as a whole; it says how many windows it belongs to, so lines behind them, half
or whole, are cut off. The arrays: what is read back must have the checksums that
``unfinished.npz`` tells. When the last window is done, ``analysis.json`` with the sizes of all
files takes the place of the first two. What does not fit together is thrown away as a whole.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import shutil
import time
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.cancel import Check
from engine.errors import EngineError
from engine.evidence.evidence import Evidence
from engine.store.analysis import DOCUMENT, Analysis
from engine.store.archives import read_arrays
from engine.store.arrays import ARRAYS, Growth
from engine.store.document import (
    Header,
    header_to_dict,
    read_document,
    windows_from_list,
    write_analysis,
)
from engine.store.map_volumes import NAMES, MapsWritten
from engine.store.opened import facts_of
from engine.store.window_evidence import evidence_from_dict, explained_to_list
from engine.store.written import Written
from engine.types import Window
from engine.utils.atomic import atomic_file, sync_to_disk
from engine.utils.bounded_files import read_bounded
from engine.utils.schema import parse_json

log = logging.getLogger(__name__)

JOURNAL = "journal.jsonl"
UNFINISHED = "unfinished.npz"

State = Mapping[str, npt.NDArray[Any]]
"""What the computation holds between two windows, by name."""

_FORMAT = 1
_MOST_JOURNAL_BYTES = 2**28
_UNUSABLE = (OSError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile, EngineError)
_KEEP_EVERY_S = 1.0
_OF_SEPARATION_OR_PLACE = (
    "video", "weights", "labels", "prior", "preset", "sigma", "device", "evidence"
)  # fmt: skip
"""Fields of a request that the key knows better, or that may differ."""

_ADDED: dict[str, dict[str, Any]] = {
    "request": {"step": None},
    "model": {"activation": "softmax", "unit": "", "step": None, "output_layout": None},
}
"""Fields with their usual values, which what was begun before them does not name."""


@dataclass(frozen=True, slots=True)
class CheckpointKey:
    """The identity of a requested analysis.

    Attributes
    ----------
    key : str
        Name of everything that decides the result, by what files hold.
    video : str
        Where the video lies.
    changed_ns : int
        When it was last written there: its key is made of samples, and this tells of a change
        between them. For a video that was moved or copied the key must do.
    """

    key: str
    video: str = ""
    changed_ns: int = 0

    def is_met_by(self, kept: object) -> bool:
        """Return whether a stored key, as ``asdict`` gives it, answers this one."""
        if not isinstance(kept, dict) or kept.get("key") != self.key:
            return False
        return kept.get("video") != self.video or kept.get("changed_ns") == self.changed_ns


class Resumable:
    """A folder whose computation survives the end of the process.

    One process at a time may use a folder; `engine.utils.locks` keeps others away.

    Parameters
    ----------
    folder : Path
        Of the analysis; made if it is missing.
    asked : CheckpointKey
        With something else asked for, nothing in the folder is used.
    """

    def __init__(self, folder: Path, asked: CheckpointKey) -> None:
        self._folder = folder
        self._asked = asked
        self._facts: dict[str, Any] = {}
        self._heading = ""
        self._journaled = 0
        self._kept_s = 0.0

    def finished(self) -> Analysis | None:
        """Return the finished and whole analysis of this folder, or None."""
        if not (self._folder / DOCUMENT).is_file():
            return None
        try:
            document = read_document(self._folder / DOCUMENT)
            same = self._asked.is_met_by(document.get("asked"))
            if same and document.get("files"):
                return Analysis.open(self._folder)
        except EngineError as error:
            log.warning("%s is computed anew: %s", self._folder, error)
        return None

    def begin(
        self, header: Header, computed_by: str, check: Check
    ) -> tuple[Analysis, dict[str, npt.NDArray[Any]] | None]:
        """Take up what was broken off, or start anew where there is nothing that can be used.

        Parameters
        ----------
        header : Header
            Of the analysis.
        computed_by : str
            Device; what another one has computed is not gone on with.
        check : callable
            May raise `Cancelled`.

        Returns
        -------
        analysis : Analysis
            With the windows done by now.
        state : dict of arrays or None
            What was given to `keep` after the last of them; None for a new one.

        Raises
        ------
        EngineError
            If the folder cannot be written.
        """
        self._facts = {"format": _FORMAT, "header": _compared(header), "computed_by": computed_by}
        try:
            return self._taken_up(header, check)
        except FileNotFoundError:
            pass  # nothing was begun here
        except _UNUSABLE as error:
            log.warning("%s is computed anew: %s", self._folder, error)
        return self._started(header), None

    def keep(self, analysis: Analysis, state: State, *, now: bool = False) -> None:
        """Write the finished windows to disk, at most once a second unless ``now``.

        Raises
        ------
        EngineError
            If it cannot be written.
        """
        if not now and time.monotonic() - self._kept_s < _KEEP_EVERY_S:
            return
        written = analysis.progress
        try:
            self._journal(written, analysis.header)
            self._replace_unfinished(written, state)
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        self._kept_s = time.monotonic()

    def finish(self, analysis: Analysis) -> None:
        """Make it an analysis that `Analysis.open` reads.

        Raises
        ------
        EngineError
            If it cannot be written.
        """
        try:
            facts = analysis.write_numbers(self._folder / ARRAYS) | analysis.facts
            for name in facts:
                sync_to_disk(self._folder / ARRAYS / name)
            vouched = {"asked": asdict(self._asked), **facts_of(facts)}
            with atomic_file(self._folder / DOCUMENT, sync=True, unique=False) as partial:
                write_analysis(partial, analysis.settings() | vouched)
            for name in (UNFINISHED, JOURNAL):
                (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise _unwritable(self._folder, error) from error

    def _taken_up(self, header: Header, check: Check) -> tuple[Analysis, dict[str, Any]]:
        held = read_arrays(self._folder / UNFINISHED)
        count = int(held["windows"])
        windows, evidence = self._read_journal(count, str(held["heading"]), header)
        growth = _growth(held)
        quantiles = tuple(held["quantiles"].tolist())
        written = Written(windows, evidence, quantiles, growth, _maps_of(held))
        analysis = Analysis.resumed(header, self._folder, written, check)
        for partial in self._folder.rglob("*.part*"):  # chunks that were about to be written
            partial.unlink()
        self._journaled = count
        state = {name[6:]: held[name] for name in held if name.startswith("state_")}
        return analysis, state

    def _started(self, header: Header) -> Analysis:
        try:
            for name in (UNFINISHED, JOURNAL, DOCUMENT):  # the first one vouches for the others
                (self._folder / name).unlink(missing_ok=True)
            analysis = Analysis.create(header, self._folder)
            heading = _line({**self._facts, "asked": asdict(self._asked)})
            (self._folder / JOURNAL).write_text(heading, encoding="utf-8")
        except OSError as error:
            raise _unwritable(self._folder, error) from error
        self._journaled, self._heading = 0, _checksum(heading.encode())
        return analysis

    def _journal(self, written: Written, header: Header) -> None:
        windows = written.windows[self._journaled :]
        evidence = written.evidence[self._journaled : len(written.windows)]
        entries = explained_to_list(windows, evidence, header)
        with (self._folder / JOURNAL).open("a", encoding="utf-8") as journal:
            for window, one, entry in zip(windows, evidence, entries, strict=True):
                value = {"window": entry, "logits": _packed(window.logits, "<f4")}
                if window.step_logits is not None:
                    value["step_logits"] = _packed(window.step_logits, "<f4")
                if one is not None:
                    value["log2_steps"] = _packed(one.log2_steps, "<f8")
                journal.write(_line(value))
        self._journaled += len(windows)

    def _read_journal(
        self, count: int, heading: str, header: Header
    ) -> tuple[tuple[Window, ...], tuple[Evidence | None, ...]]:
        """Return the first windows of the journal with their evidence, and cut off the rest."""
        path = self._folder / JOURNAL
        lines = read_bounded(path, _MOST_JOURNAL_BYTES).splitlines(keepends=True)[: count + 1]
        if count < 0 or len(lines) != count + 1:
            raise ValueError("the journal has too few lines")
        facts, *values = map(_value, lines)
        same = self._asked.is_met_by(facts.pop("asked", None)) and facts == self._facts
        if not same or _checksum(lines[0]) != heading:
            raise ValueError("it is of something else")
        os.truncate(path, sum(map(len, lines)))
        self._heading = heading
        rows = np.array([_unpacked(value["logits"], "<f4") for value in values], np.float32)
        entries = [value["window"] for value in values]
        windows = windows_from_list(entries, rows, header.start, _step_logits_of(values, rows))
        return windows, tuple(_evidence_of(value) for value in values)

    def _replace_unfinished(self, written: Written, state: State) -> None:
        target = self._folder / UNFINISHED
        with atomic_file(target, unique=False) as partial, partial.open("wb") as file:
            np.savez(
                file,
                allow_pickle=False,
                heading=np.array(self._heading),
                windows=np.array(len(written.windows)),
                quantiles=np.array(written.quantiles, np.float64),
                **_held(written.growth),
                **_held_maps(written.maps),
                **{f"state_{name}": array for name, array in state.items()},
            )


def remove(folder: Path) -> None:
    """Remove an analysis so that no half of it can be taken for whole: its word for it first."""
    for name in (DOCUMENT, UNFINISHED, JOURNAL):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _compared(header: Header) -> dict[str, Any]:
    """Return the part of a header that must be equal to resume."""
    values = header_to_dict(header)
    for name in _OF_SEPARATION_OR_PLACE:
        del values["request"][name]
    values["video"].pop("content", None)  # which the key knows
    for part, fields in _ADDED.items():
        for name, usual in fields.items():
            if values[part][name] == usual:
                del values[part][name]
    plain: dict[str, Any] = json.loads(json.dumps(values))  # tuples are lists once read back
    return plain


def _packed(values: npt.NDArray[Any], kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode()


def _unpacked(text: str, kind: str) -> npt.NDArray[Any]:
    return np.frombuffer(base64.b64decode(text), kind)


def _step_logits_of(
    values: list[dict[str, Any]], logits: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32] | None:
    """Return the logits of time steps of lines of the journal, (W, S, K), if there are some."""
    packed = [value["step_logits"] for value in values if "step_logits" in value]
    if not packed or len(packed) != len(values):
        return None
    rows = [_unpacked(text, "<f4").reshape(-1, logits.shape[1]) for text in packed]
    return np.stack(rows).astype(np.float32)


def _evidence_of(value: dict[str, Any]) -> Evidence | None:
    """Return the evidence of a line of the journal, if there is some."""
    if "log2_steps" not in value:
        return None
    steps = _unpacked(value["log2_steps"], "<f8").reshape(4, -1)
    return evidence_from_dict(value["window"].get("evidence"), steps)


def _held(growth: Growth, prefix: str = "") -> dict[str, npt.NDArray[Any]]:
    return {
        f"{prefix}written": np.array(growth.written),
        f"{prefix}tail": growth.tail,
        f"{prefix}digests": np.frombuffer(growth.digests, np.uint8),
    }


def _growth(held: Mapping[str, npt.NDArray[Any]], prefix: str = "") -> Growth:
    written, tail, digests = (held[f"{prefix}{name}"] for name in ("written", "tail", "digests"))
    return Growth(int(written), tail, digests.tobytes())


def _held_maps(maps: MapsWritten | None) -> dict[str, npt.NDArray[Any]]:
    if maps is None:
        return {}
    motion, appearance = (
        _held(growth, f"{name}_") for name, growth in zip(NAMES, maps.growths, strict=True)
    )
    return {**motion, **appearance, "evidence_quantiles": np.array(maps.quantiles, np.float64)}


def _maps_of(held: Mapping[str, npt.NDArray[Any]]) -> MapsWritten | None:
    """Return how far the maps of evidence were written, if there were some."""
    if "evidence_quantiles" not in held:
        return None
    motion, appearance = (_growth(held, f"{name}_") for name in NAMES)
    return MapsWritten((motion, appearance), tuple(held["evidence_quantiles"].tolist()))


def _line(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, sort_keys=True, allow_nan=False)
    return f"{_checksum(text.encode())} {text}\n"


def _value(line: bytes) -> dict[str, Any]:
    checksum, _, text = line.rstrip(b"\n").partition(b" ")
    if checksum.decode("ascii", "replace") != _checksum(text) or not line.endswith(b"\n"):
        raise ValueError("a line of the journal is damaged")
    value = parse_json(text)
    if not isinstance(value, dict):
        raise ValueError("a line of the journal is no object")
    return value


def _checksum(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _unwritable(folder: Path, error: OSError) -> EngineError:
    return EngineError(
        f"{folder} cannot be written: {error.strerror or error}.",
        "Free some space there, or choose another folder.",
    )
