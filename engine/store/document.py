"""The settings of an analysis as JSON: enough to compute it again and to draw it the same."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import EngineError
from engine.network_inputs import InputRelevance
from engine.store.provenance import Provenance
from engine.types import (
    Activation,
    Float32Array,
    Float64Array,
    Int64Array,
    ModelSpec,
    Rect,
    Request,
    Window,
)
from engine.utils.atomic import final_place
from engine.utils.bounded_files import read_bounded
from engine.utils.schema import Finite, Share, convert, parse_json, to_plain

FORMAT = 1

_MOST_BYTES = 2**27
_MOST_VALUES = 6_000_000
_MOST_PIXELS_A_SIDE = 2**17
_MOST_REASON = 200
_CHECKSUM = ',\n  "checksum": "'

_SELDOM = ("grey", "inputs", "pass_as")
"""Fields of a model that are left out where they are empty."""

_DECIDING = (
    "motion-inspector",
    "torch",
    "torchvision",
    "transformers",
    "numpy",
    "opencv-python-headless",
    "av",
)


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """The subject and the settings of an analysis, without its arrays.

    Attributes
    ----------
    request : Request
        What was asked for, the range resolved.
    spec : ModelSpec
        What the model expected.
    size : (int, int)
        Width and height of the video in pixels, as shown.
    fps : float
        Average frames per second of the video.
    start, stop : int
        First frame of the range, and the frame after its last.
    timestamps_s : float64 array, (N,)
        Time of each frame of the range, in seconds from the start of the file.
    step_frames : int64 array, (M,)
        Frames the model was given, counted from ``start``, never decreasing: a frame comes as
        often as it was given.
    seen : Rect
        The part of the picture that the model saw.
    content : str
        Name of the video's content (`engine.video.content_hash.content_id`), empty if unknown.
    provenance : Provenance or None
        Device, Python and files that it is made with; None where they are not known.
    """

    request: Request
    spec: ModelSpec
    size: tuple[int, int]
    fps: float
    start: int
    stop: int
    timestamps_s: Float64Array
    step_frames: Int64Array
    seen: Rect
    content: str = ""
    provenance: Provenance | None = None

    @property
    def wants_maps(self) -> bool:
        """True where maps of evidence are asked for."""
        return self.request.preset == "evidence"

    def __post_init__(self) -> None:
        self.timestamps_s.setflags(write=False)
        self.step_frames.setflags(write=False)


@dataclass(frozen=True, slots=True)
class _StoredWindow:
    """A window as analysis.json has it, as far as it is read."""

    start_step: int
    frames: tuple[int, ...]
    padded: int
    target: int
    conservation: float | None
    time_step: int = 1
    notices: tuple[str, ...] = ()
    activation: Activation = "softmax"
    disagreement: Share | None = None
    positions: float | None = None
    by_input: tuple[InputRelevance, ...] = ()
    cuts: tuple[int, ...] = ()


def header_to_dict(header: Header) -> dict[str, Any]:
    """Return a header as plain values that JSON can hold, without the provenance."""
    return {
        "request": request_to_plain(header.request),
        "model": _plain_spec(header.spec),
        "video": {"size": header.size, "fps": header.fps} | _if_known("content", header.content),
        "range": [header.start, header.stop],
        "timestamps_s": header.timestamps_s.tolist(),
        "sampled_frames": (header.step_frames + header.start).tolist(),
        "seen": to_plain(header.seen),
    }


def request_to_plain(request: Request) -> dict[str, Any]:
    """Return a request as values that JSON can hold, without an input where none is named."""
    plain: dict[str, Any] = to_plain(request)
    if request.input is None:
        del plain["input"]
    return plain


def _plain_spec(spec: ModelSpec) -> dict[str, Any]:
    """Return a model's spec without what few models have."""
    plain = to_plain(spec)
    unsaid = [name for name in _SELDOM if not (spec.grey if name == "grey" else spec.inputs)]
    return {name: value for name, value in plain.items() if name not in unsaid}


def header_from_dict(document: dict[str, Any]) -> Header:
    """Return the header that `header_to_dict` was given.

    Raises
    ------
    KeyError, TypeError, ValueError
        If a field is missing or of the wrong type.
    """
    start, stop = convert(document["range"], tuple[int, int], "range")
    steps = convert(document["sampled_frames"], list[int], "sampled_frames")
    header = Header(
        request=convert(document["request"], Request, "request"),
        spec=convert(document["model"], ModelSpec, "model"),
        size=convert(document["video"]["size"], tuple[int, int], "video.size"),
        fps=convert(document["video"]["fps"], Finite, "video.fps"),
        start=start,
        stop=stop,
        timestamps_s=np.array(convert(document["timestamps_s"], list[Finite]), dtype=np.float64),
        step_frames=np.array(steps, dtype=np.int64) - start,
        seen=convert(document["seen"], Rect, "seen"),
        content=convert(document["video"].get("content", ""), str, "video.content"),
        provenance=_provenance(document),
    )
    _check_header(header)
    return header


def _provenance(document: dict[str, Any]) -> Provenance | None:
    """Return what an analysis was made with, None of one of an earlier version."""
    made_with = document.get("made_with")
    return None if made_with is None else convert(made_with, Provenance, "made_with")


def _check_header(header: Header) -> None:
    """Check that lengths and ranges fit one another, so that nothing later relies on them in vain.

    Raises
    ------
    ValueError
        If they do not.
    """
    frames, steps, spec = header.stop - header.start, header.step_frames, header.spec
    if header.start < 0 or frames != len(header.timestamps_s) or frames < 1:
        raise ValueError("the range and the timestamps are not of the same length")
    if not len(steps) or steps.min() < 0 or steps.max() >= frames or (np.diff(steps) < 0).any():
        raise ValueError("sampled frames lie outside the range, or in no order")
    if min(spec.frames, *spec.crop, len(spec.labels)) < 1 or spec.frames > _MOST_VALUES:
        raise ValueError("the model has no frames, pixels or labels")
    if not all(0 < side <= _MOST_PIXELS_A_SIDE for side in header.size) or header.fps <= 0:
        raise ValueError("the video has an impossible size or frame rate")
    edges = [header.seen.left, header.seen.top, header.seen.right, header.seen.bottom]
    if not all(math.isfinite(edge) and abs(edge) <= _MOST_PIXELS_A_SIDE for edge in edges):
        raise ValueError("the part that was seen is impossible")


def check_windows(windows: Sequence[Window], header: Header) -> None:
    """Check that windows follow one another over all sampled frames.

    Raises
    ------
    ValueError
        If they do not.
    """
    steps, length, done, before = header.step_frames, header.spec.frames, 0, -1
    for window in windows:
        first = window.start_step
        if not before < first <= done or first >= len(steps):
            raise ValueError("the windows do not follow one another over the range")
        before, last = first, min(first + length, len(steps))
        padded = first + length - last
        expected = np.append(steps[first:last], np.repeat(steps[last - 1], padded))
        if window.padded != padded or not np.array_equal(window.frame_indices, expected):
            raise ValueError("the frames of a window are not the sampled ones")
        if not (0 <= window.target < len(header.spec.labels) and 1 <= window.time_step <= length):
            raise ValueError("a window has a class or time step that does not exist")
        done = last
    if done != len(steps):
        raise ValueError("the windows do not reach the end of the range")


def windows_to_list(windows: Sequence[Window], header: Header) -> list[dict[str, Any]]:
    """Return windows as plain values, with names and the five highest logits for readers.

    All logits are in the arrays; frames count from the start of the file, like the range.
    """
    return [
        {
            "start_step": window.start_step,
            "frames": (window.frame_indices + header.start).tolist(),
            "padded": window.padded,
            "target": window.target,
            "label": header.spec.label(window.target),
            "logit": float(window.logits[window.target]),
            "top": {
                header.spec.label(int(k)): float(window.logits[k])
                for k in np.argsort(-window.logits, kind="stable")[:5]
            },
            "conservation": finite(window.conservation),
            "time_step": window.time_step,
            "notices": list(window.notices),
            "activation": window.activation,
            "disagreement": finite(window.disagreement),
            **({"positions": window.positions} if math.isfinite(window.positions) else {}),
            **({"by_input": to_plain(window.by_input)} if window.by_input else {}),
            "cuts": [cut + header.start for cut in window.cuts],
        }
        for window in windows
    ]


def windows_from_list(
    entries: list[dict[str, Any]],
    logits: Float32Array,
    start: int,
    step_logits: Float32Array | None = None,
) -> tuple[Window, ...]:
    """Return the windows that `windows_to_list` was given, with their logits, float32 (W, K).

    Logits of time steps are float32 (W, S, K).

    Raises
    ------
    ValueError
        If a field is missing or of the wrong type.
    """
    stored = convert(entries, list[_StoredWindow], "windows")
    return tuple(
        Window(
            start_step=entry.start_step,
            frame_indices=np.array(entry.frames, dtype=np.int64) - start,
            padded=entry.padded,
            logits=row.copy(),
            target=entry.target,
            conservation=float("nan") if entry.conservation is None else entry.conservation,
            time_step=entry.time_step,
            notices=entry.notices,
            activation=entry.activation,
            disagreement=math.nan if entry.disagreement is None else entry.disagreement,
            positions=math.nan if entry.positions is None else entry.positions,
            step_logits=None if step_logits is None else step_logits[number].copy(),
            by_input=entry.by_input,
            cuts=tuple(cut - start for cut in entry.cuts),
        )
        for number, (entry, row) in enumerate(zip(stored, logits, strict=True))
    )


def finite(value: float) -> float | None:
    """Return the value, or None where JSON has no number for it."""
    return value if math.isfinite(value) else None


def finite_median(values: Float32Array) -> float | None:
    """Return the median over frames, None where there are none or it is no number."""
    return finite(float(np.median(values))) if len(values) else None


def versions() -> dict[str, str]:
    """Return the versions of this package and of the libraries that decide its numbers."""
    return {name: _version(name) for name in _DECIDING}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def read_document(path: Path) -> dict[str, Any]:
    """Read an analysis.json.

    Raises
    ------
    EngineError
        If the file is missing, is not JSON, or is not an analysis this version can read.
    """
    try:
        raw = read_bounded(path, _MOST_BYTES)
        if sum(raw.count(sign) for sign in (b",", b"[", b"{")) > _MOST_VALUES:
            raise ValueError("it holds too many values")
        document = parse_json(raw)
        _check_checksum(raw, document)
    except (OSError, ValueError) as error:
        raise EngineError(
            f"{path} cannot be read as an analysis: {short(error)}.",
            "Choose a folder written by 'explain'.",
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise EngineError(
            f"{path} was not written by this version of Motion Inspector.",
            "Explain the video again.",
        )
    return document


def short(error: Exception) -> str:
    """Return the reason of an error as part of a sentence."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    text = " ".join((reason or type(error).__name__).split())
    return text if len(text) <= _MOST_REASON else f"{text[:_MOST_REASON]}..."


def write_analysis(path: Path, document: dict[str, Any]) -> None:
    """Write an analysis.json with its format number, and behind all the checksum of the rest."""
    place = Path(document["request"]["video"]).absolute()
    relative = _relative(place, final_place(path.absolute()).parent)
    places = {"path": str(place)} | _if_known("relative", relative)
    document = {**document, "video": {**document["video"], **places}}
    text = json.dumps({"format": FORMAT, **document}, indent=2, allow_nan=False)
    head = text.removesuffix("\n}")
    path.write_text(f'{head}{_CHECKSUM}{_checksum(head.encode())}"\n}}\n', encoding="utf-8")


def _check_checksum(raw: bytes, document: object) -> None:
    """Refuse a document whose checksum is not that of what it follows, if it has one."""
    if not isinstance(document, dict) or "checksum" not in document:
        return
    head = raw.replace(b"\r\n", b"\n").rpartition(_CHECKSUM.encode())[0]
    if document["checksum"] != _checksum(head):
        raise ValueError("it was changed since it was written")


def _checksum(text: bytes) -> str:
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _relative(place: Path, folder: Path) -> str:
    try:
        return os.path.relpath(place, folder)
    except ValueError:  # on another drive of Windows
        return ""


def _if_known(name: str, value: str) -> dict[str, str]:
    return {name: value} if value else {}


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write an analysis.json, with its format number."""
    text = json.dumps({"format": FORMAT, **document}, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
