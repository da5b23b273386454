"""The parts of a session file: request, view and layout, as JSON values and back. No Qt."""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from engine.render import COLOURS, POLARITIES, HeatLook
from engine.render.panes import PANES
from engine.types import DEFAULT_SIGMA, PRESETS, Request
from gui.state.json_fields import FieldError, Fields
from gui.state.view_state import LOOPS, PACES, PANE_COUNTS, SPEEDS, ViewState

_PAIRS = "names with their values"


def request_to(request: Request) -> dict[str, Any]:
    """A request as JSON values, less the video and the separation."""
    values = asdict(request)
    for name in ("video", "preset", "sigma"):
        del values[name]
    for name in ("weights", "labels"):
        values[name] = None if values[name] is None else str(values[name])
    return values


def request_from(fields: Fields, video: Path) -> Request:
    """Request on a video from what `request_to` gave; raises FieldError."""
    usual = Request(video)
    weights, labels = fields.text_or_none("weights"), fields.text_or_none("labels")
    overlap = fields.number("overlap", usual.overlap, 0.0, math.nextafter(1.0, 0.0))
    return Request(
        video=video,
        model=fields.text("model", usual.model),
        weights=None if weights is None else Path(weights),
        labels=None if labels is None else Path(labels),
        method=fields.text("method", usual.method),
        options=tuple((name, value) for name, value in fields.items("options", _is_option, _PAIRS)),
        target=_class_from(fields, "target"),
        against=_class_from(fields, "against"),
        frames=fields.span("frames"),
        device=fields.text("device", usual.device),
        overlap=overlap,
        stream=fields.integer_or_none("stream"),
        deinterlace=fields.truth("deinterlace"),
    )


def _class_from(fields: Fields, key: str) -> int | str | None:
    try:
        return fields.text_or_none(key)
    except FieldError:
        return fields.integer_or_none(key)


def view_to(view: ViewState) -> dict[str, Any]:
    """A view as JSON values."""
    values = asdict(view)
    for name in ("frame_count", "playing"):
        del values[name]
    return values


def view_from(fields: Fields) -> ViewState:
    """View from what `view_to` gave; raises FieldError."""
    usual = ViewState()
    panes = fields.items("panes", lambda pane: pane in list(PANES), "panes") or list(usual.panes)
    if len(panes) not in PANE_COUNTS:
        raise FieldError(f"view.panes has {len(panes)} panes but should have 1, 2, 4 or 6")
    return ViewState(
        frame=fields.integer("frame"),
        preset=fields.choice("preset", PRESETS, usual.preset),
        sigma=fields.number("sigma", DEFAULT_SIGMA, 0.0),
        heat=_heat_from(fields.part("heat")),
        panes=tuple(panes),
        range=fields.span("range"),
        loop=fields.choice("loop", LOOPS, usual.loop),
        pace=fields.choice("pace", PACES, usual.pace),
        speed=fields.number("speed", usual.speed, SPEEDS[0], SPEEDS[-1]),
    )


def _heat_from(fields: Fields) -> HeatLook:
    usual = HeatLook()
    scale = fields.other(()).get("scale")
    return HeatLook(
        colours=fields.choice("colours", COLOURS, usual.colours),
        opacity=fields.number("opacity", usual.opacity, 0.0, 1.0),
        gamma=fields.number("gamma", usual.gamma, math.ulp(0.0)),
        polarity=fields.choice("polarity", POLARITIES, usual.polarity),
        scale=None if scale is None else fields.number("scale", 1.0, math.ulp(0.0)),
    )


def layout_from(fields: Fields) -> dict[str, str]:
    """Base64 texts by name; raises FieldError."""
    names = fields.other(())
    for name in names:
        try:
            base64.b64decode(fields.text(name), validate=True)
        except (binascii.Error, ValueError) as error:
            raise FieldError(f"layout.{name} should be base64") from error
    return cast("dict[str, str]", names)


def _is_option(value: object) -> bool:
    if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
        return False
    kept = value[1]
    return isinstance(kept, str | bool | int) or (isinstance(kept, float) and math.isfinite(kept))
