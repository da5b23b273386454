"""The settings of an analysis as JSON: enough to compute it again and to draw it the same."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import numpy as np

from engine.errors import EngineError
from engine.types import (
    Float32Array,
    Float64Array,
    Int64Array,
    ModelSpec,
    Preset,
    Rect,
    Request,
    Window,
)

FORMAT = 1

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
    """What was explained, and how: everything but the arrays.

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
        Frames the model was given, counted from ``start``, increasing.
    seen : Rect
        The part of the picture that the model saw.
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

    def __post_init__(self) -> None:
        self.timestamps_s.setflags(write=False)
        self.step_frames.setflags(write=False)


def header_to_dict(header: Header) -> dict[str, Any]:
    """Header as plain values that JSON can hold."""
    request = asdict(header.request)
    for key in ("video", "weights", "labels"):
        request[key] = None if request[key] is None else str(request[key])
    return {
        "request": request,
        "model": asdict(header.spec),
        "video": {"size": header.size, "fps": header.fps},
        "range": [header.start, header.stop],
        "timestamps_s": header.timestamps_s.tolist(),
        "sampled_frames": (header.step_frames + header.start).tolist(),
        "seen": asdict(header.seen),
    }


def header_from_dict(document: dict[str, Any]) -> Header:
    """Header from what `header_to_dict` gave.

    Raises
    ------
    KeyError, TypeError, ValueError
        If a field is missing or of the wrong type.
    """
    start, stop = document["range"]
    return Header(
        request=_request_from(document["request"]),
        spec=_spec_from(document["model"]),
        size=cast("tuple[int, int]", tuple(document["video"]["size"])),
        fps=float(document["video"]["fps"]),
        start=int(start),
        stop=int(stop),
        timestamps_s=np.array(document["timestamps_s"], dtype=np.float64),
        step_frames=np.array(document["sampled_frames"], dtype=np.int64) - int(start),
        seen=Rect(**document["seen"]),
    )


def _request_from(fields: dict[str, Any]) -> Request:
    frames = None if fields["frames"] is None else tuple(fields["frames"])
    rest = {key: fields[key] for key in ("model", "method", "target", "sigma", "device", "overlap")}
    options = tuple((str(name), value) for name, value in fields.get("options", ()))
    return Request(
        video=Path(fields["video"]),
        preset=cast("Preset", fields["preset"]),
        frames=cast("tuple[int, int] | None", frames),
        weights=_path_or_none(fields["weights"]),
        labels=_path_or_none(fields["labels"]),
        options=options,
        against=fields.get("against"),
        stream=fields.get("stream"),
        deinterlace=bool(fields.get("deinterlace", False)),
        **rest,
    )


def _path_or_none(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _spec_from(fields: dict[str, Any]) -> ModelSpec:
    tuples = {key: tuple(fields[key]) for key in ("labels", "crop", "mean", "std", "value_range")}
    resize = fields["resize"]
    return ModelSpec(
        name=fields["name"],
        frames=fields["frames"],
        fps=fields["fps"],
        stride=fields["stride"],
        layer=str(fields.get("layer", "")),
        antialias=bool(fields.get("antialias", False)),
        trained_on=str(fields.get("trained_on", "")),
        least_familiar=fields.get("least_familiar"),
        resize=resize if isinstance(resize, int) else cast("tuple[int, int]", tuple(resize)),
        **cast("dict[str, Any]", tuples),
    )


def windows_to_list(windows: Sequence[Window], header: Header) -> list[dict[str, Any]]:
    """Windows as plain values, with names and the five highest logits for readers.

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
        }
        for window in windows
    ]


def windows_from_list(
    entries: list[dict[str, Any]], logits: Float32Array, start: int
) -> tuple[Window, ...]:
    """Windows from what `windows_to_list` gave and their logits, float32 (W, K)."""
    return tuple(
        Window(
            start_step=entry["start_step"],
            frame_indices=np.array(entry["frames"], dtype=np.int64) - start,
            padded=entry["padded"],
            logits=row.copy(),
            target=entry["target"],
            conservation=float("nan") if entry["conservation"] is None else entry["conservation"],
            time_step=int(entry.get("time_step", 1)),
            notices=tuple(entry.get("notices", ())),
        )
        for entry, row in zip(entries, logits, strict=True)
    )


def finite(value: float) -> float | None:
    """The value, or None where JSON has no number for it."""
    return value if math.isfinite(value) else None


def versions() -> dict[str, str]:
    """Versions of this package and of the libraries that decide its numbers."""
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
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError(
            f"{path} cannot be read as an analysis.", "Choose a folder written by 'explain'."
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise EngineError(
            f"{path} was not written by this version of Motion Inspector.",
            "Explain the video again.",
        )
    return document


def write_document(path: Path, document: dict[str, Any]) -> None:
    """Write an analysis.json, with its format number."""
    text = json.dumps({"format": FORMAT, **document}, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
