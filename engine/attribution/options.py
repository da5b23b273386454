"""Options of the methods: typed, documented, with ranges. Free of torch, for menus and CLI."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Annotated, Any, TypeVar, cast

from msgspec import Meta

from engine.descriptions import OptionInfo
from engine.errors import AttributionError
from engine.utils.hints import did_you_mean
from engine.utils.schema import SchemaError, convert, one_of

BASELINES = ("black", "mean", "blur", "frozen")
Options = TypeVar("Options", bound="MethodOptions")
_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}


def option(default: Any, text: str, **limits: Any) -> Any:
    """Make a field of `MethodOptions`: default, meaning, ``choices`` or ``low`` and ``high``."""
    return field(default=default, metadata={"text": text, **limits})


@dataclass(frozen=True, slots=True)
class MethodOptions:
    """A method without options."""


@dataclass(frozen=True, slots=True)
class SmoothGradOptions(MethodOptions):
    """Options of SmoothGrad."""

    samples: int = option(25, "Noisy copies that are averaged.", low=1, high=10_000)
    noise: float = option(
        0.15, "Standard deviation of the noise, as a share of the clip's range.", low=0.0, high=10.0
    )
    seed: int = option(0, "Seed of the noise.", low=0)


@dataclass(frozen=True, slots=True)
class IntegratedGradientsOptions(MethodOptions):
    """Options of integrated gradients."""

    baseline: str = option(
        "black",
        "Where the path starts: black, the mean colour, the clip blurred, its middle frame frozen.",
        choices=BASELINES,
    )
    steps: int = option(50, "Points on the path (Gauss-Legendre).", low=1, high=1_000)


@dataclass(frozen=True, slots=True)
class CamOptions(MethodOptions):
    """Options of the class activation maps."""

    layer: str = option("", "Name of the layer; empty takes the model's own.")
    positive: bool = option(True, "Keep only what speaks for the class.")


@dataclass(frozen=True, slots=True)
class GradCamOptions(CamOptions):
    """Options of Grad-CAM."""

    weights: str = option(
        "clip",
        "One weight a channel for the clip, or one for each of its time slices.",
        choices=("clip", "slice"),
    )


@dataclass(frozen=True, slots=True)
class OcclusionOptions(MethodOptions):
    """Options of occlusion by a sliding box."""

    box_frames: int = option(4, "Frames that the box covers.", low=1)
    box_px: int = option(28, "Height and width of the box, in pixels of the input.", low=1)
    stride_frames: int = option(4, "Frames from one box to the next.", low=1)
    stride_px: int = option(14, "Pixels from one box to the next.", low=1)
    fill: str = option("mean", "What the box shows.", choices=BASELINES)
    score: str = option("logit", "What is measured.", choices=("logit", "probability"))
    batch: int = option(0, "Clips at once; 0 fits the memory.", low=0)


@dataclass(frozen=True, slots=True)
class RiseOptions(MethodOptions):
    """Options of RISE-3D."""

    samples: int = option(1000, "Random masks.", low=2, high=1_000_000)
    cells_frames: int = option(4, "Cells of a mask along time.", low=1)
    cells: int = option(7, "Cells of a mask along height and width.", low=1)
    keep: float = option(0.5, "Chance that a cell stays visible.", low=0.01, high=0.99)
    fill: str = option("black", "What hidden pixels show.", choices=BASELINES)
    score: str = option("probability", "What is measured.", choices=("probability", "logit"))
    seed: int = option(0, "Seed of the masks.", low=0)
    batch: int = option(0, "Clips at once; 0 fits the memory.", low=0)


@dataclass(frozen=True, slots=True)
class TemporalMaskOptions(MethodOptions):
    """Options of the temporal mask."""

    samples: int = option(256, "Random choices of frames.", low=2, high=1_000_000)
    segment_frames: int = option(1, "Frames that are hidden or shown together.", low=1)
    keep: float = option(0.5, "Chance that a frame stays.", low=0.01, high=0.99)
    fill: str = option(
        "freeze",
        "What a hidden frame shows: the last visible frame, or a fill.",
        choices=("freeze", *(name for name in BASELINES if name != "frozen")),
    )
    score: str = option("probability", "What is measured.", choices=("probability", "logit"))
    seed: int = option(0, "Seed of the choices.", low=0)
    batch: int = option(0, "Clips at once; 0 fits the memory.", low=0)


def describe(kind: type[MethodOptions], preset: Mapping[str, Any]) -> tuple[OptionInfo, ...]:
    """Describe the options of a method that can be set, for menus and the command line."""
    return tuple(
        OptionInfo(
            name=part.name,
            text=part.metadata["text"],
            kind=type(part.default).__name__,
            default=cast("str | float | bool", part.default),
            choices=part.metadata.get("choices", ()),
            low=part.metadata.get("low"),
            high=part.metadata.get("high"),
        )
        for part in fields(kind)
        if part.name not in preset
    )


def read_options(
    kind: type[Options], method: str, given: Mapping[str, Any], preset: Mapping[str, Any]
) -> Options:
    """Build a method's options from names and values, which may be text.

    ``preset`` holds those that make the method what it is and cannot be given.

    Raises
    ------
    AttributionError
        If there is no such option, or a value is not one of its choices or out of its range.
    """
    known = {part.name: part for part in fields(kind) if part.name not in preset}
    for name in given:
        if name not in known:
            raise AttributionError(
                f"The method {method} has no option {name!r}.",
                did_you_mean(name, known) if known else "It has none.",
            )
    return kind(**preset, **{name: _value(known[name], value) for name, value in given.items()})


def _value(part: Field[Any], value: Any) -> Any:
    assert part.default is not MISSING
    kind, choices = type(part.default), part.metadata.get("choices")
    text = str(value) if kind is str else str(value).strip().casefold()
    if kind is bool:
        text = {"yes": "true", "no": "false"}.get(text, text)
    schema: Any = Annotated[kind, one_of(choices) if choices else _limits(part, kind)]
    try:
        return convert(text, schema, strict=False)
    except SchemaError as error:
        if choices:
            raise AttributionError(
                f"The option {part.name} cannot be {value!r}.", did_you_mean(text, choices)
            ) from error
        raise AttributionError(
            f"The option {part.name} is {value!r}, but {error.needed} is needed.",
            part.metadata["text"],
        ) from error


def _limits(part: Field[Any], kind: type) -> Meta:
    """Return the range of an option, all finite numbers if it has none."""
    low, high = part.metadata.get("low"), part.metadata.get("high")
    ends = "".join(f" {to} {end}" for to, end in (("from", low), ("to", high)) if end is not None)
    if kind is float:
        low = -sys.float_info.max if low is None else low
        high = sys.float_info.max if high is None else high
    return Meta(ge=low, le=high, title=_KINDS[kind] + ends)
