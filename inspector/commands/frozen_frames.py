"""frozen-frames: relevance of a clip against that of still clips of its frames."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from engine.attribution import DEFAULT_METHOD
from engine.attribution.catalogue import find_entry
from engine.types import ModelSpec, Request
from engine.utils.printable import printable_lines
from inspector import cli_options as options
from inspector.commands import Command
from inspector.terminal import print_text, progress_bar
from inspector.trust_prompt import run_with_trust_prompt

if TYPE_CHECKING:
    from engine.attribution import FrozenFrameSplit


def frozen_frames(
    video: options.Video,
    model: options.Model = options.DEFAULT_MODEL,
    weights: options.Weights = None,
    labels: options.Labels = None,
    method: options.Method = DEFAULT_METHOD,
    target: Annotated[
        str | None, typer.Option("--class", help="Name or index; left out, the top class.")
    ] = None,
    start: options.ClipStart = None,
    device: options.Device = "auto",
    as_json: options.Json = False,
    trust: options.Trust = False,
) -> None:
    """Print how much of a clip's relevance its still frames have as well."""
    request = Request(
        video=video,
        model=model,
        weights=weights,
        labels=labels,
        method=find_entry(method).info.name,
        target=target,
        device=device,
    )
    found = run_with_trust_prompt(lambda: split_of(request, start or 0), trusted=trust)
    print_text(json.dumps(found, indent=2) if as_json else _text(found))


def split_of(request: Request, start: int) -> dict[str, Any]:
    """Return the split of the clip at a frame, as plain values.

    Raises
    ------
    EngineError
        If the video, the model, the method or the class cannot be used.
    """
    with progress_bar() as bars:
        from engine.attribution import frozen_frame_split  # here: it imports torch
        from engine.models.load import load_requested
        from engine.pipeline.single_clip import clip_at

        model = load_requested(request, bars.report)
        clip = clip_at(model, request.video, start)
        split = frozen_frame_split(model, clip, request.target, request.method, report=bars.report)
    return _plain(split, model.spec, request, start)


def _plain(
    split: FrozenFrameSplit, spec: ModelSpec, request: Request, start: int
) -> dict[str, Any]:
    target = split.attribution.target
    sums = {
        name: np.abs(values).sum(axis=(1, 2), dtype=np.float64).tolist()
        for name, values in (("temporal", split.temporal), ("spatial", split.spatial))
    }
    share = split.temporal_share
    return {
        "model": spec.name,
        "method": request.method,
        "label": None if target is None else spec.label(target),
        "first_frame": start,
        "frames": spec.frames,
        "temporal_share": share if np.isfinite(share) else None,
        **sums,
    }


def _text(found: dict[str, Any]) -> str:
    share = found["temporal_share"]
    said = "There is no relevance" if share is None else f"{share:.1%} of the relevance is temporal"
    lines = [
        f"{said}: {found['model']}, {found['label']}, {found['method']}, {found['frames']} frames "
        f"from frame {found['first_frame']}",
        f"{'frame':>6} {'temporal':>10} {'spatial':>10}",
    ]
    for place, pair in enumerate(zip(found["temporal"], found["spatial"], strict=True)):
        lines.append(f"{place:6} {pair[0]:10.4g} {pair[1]:10.4g}")
    return printable_lines(lines)


COMMAND = Command(
    "frozen-frames",
    frozen_frames,
    "Split a clip's relevance by still clips of its frames: the slow second opinion.",
    order=75,
)
