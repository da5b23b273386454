"""Kinds of values that the keys of a card have, with their bounds and their names for people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from engine.types import MOST_FRAMES, OutputLayout, Sampling
from engine.utils.schema import Finite

MOST_FRAMES_OF_CLIP = 4096
MOST_SIDE_PX = 8192
_MOST_STRIDE = 100_000
_LONGEST_NAME = 300  # as of weights
_LARGEST = 1e9  # of numbers that become float32, with room for what is made of them
_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"

Text = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=1000,
        pattern=_ONE_LINE,
        title="a text in quotes, one line of up to 1000 characters",
    ),
]
File = Annotated[Path, Meta(title="a file name in quotes")]
Frames = Annotated[
    int, Meta(ge=1, le=MOST_FRAMES_OF_CLIP, title=f"a whole number from 1 to {MOST_FRAMES_OF_CLIP}")
]
Stride = Annotated[
    int, Meta(ge=1, le=_MOST_STRIDE, title=f"a whole number from 1 to {_MOST_STRIDE}")
]
Side = Annotated[int, Meta(ge=1, le=MOST_SIDE_PX)]
Position = Annotated[
    int, Meta(ge=0, le=MOST_FRAMES, title=f"a whole number from 0 to {MOST_FRAMES}")
]
Rate = Annotated[float, Meta(ge=0.001, le=1000, title="a number from 0.001 to 1000")]
Seconds = Annotated[float, Meta(gt=0, le=86400, title="a number above 0 and up to 86400")]
Positive = Annotated[float, Meta(gt=0, le=sys.float_info.max, title="a number above 0")]
Size = Annotated[
    Side | Annotated[tuple[Side, ...], Meta(min_length=2, max_length=2)],
    Meta(title=f"a whole number of pixels from 1 to {MOST_SIDE_PX} or [height, width]"),
]
Level = Annotated[float, Meta(ge=-_LARGEST, le=_LARGEST)]
Spread = Annotated[float, Meta(ge=1 / _LARGEST, le=_LARGEST)]
Rising = Annotated[
    tuple[Level, ...],
    Meta(min_length=2, max_length=2, title="two rising numbers [low, high] from -1e9 to 1e9"),
]
Three = Annotated[
    Level | Annotated[tuple[Level, ...], Meta(min_length=3, max_length=3)],
    Meta(title="a number from -1e9 to 1e9 or three in a list"),
]
ThreePositive = Annotated[
    Spread | Annotated[tuple[Spread, ...], Meta(min_length=3, max_length=3)],
    Meta(title="a number from 1e-9 to 1e9 or three in a list"),
]
Numbers = Annotated[
    Level | Annotated[tuple[Level, ...], Meta(min_length=1, max_length=3)],
    Meta(title="a number from -1e9 to 1e9 or one a channel in a list"),
]
NumbersPositive = Annotated[
    Spread | Annotated[tuple[Spread, ...], Meta(min_length=1, max_length=3)],
    Meta(title="a number from 1e-9 to 1e9 or one a channel in a list"),
]
Scores = Annotated[dict[str, Finite], Meta(min_length=1, title="a table of labels with numbers")]
Renames = Annotated[
    dict[
        Annotated[str, Meta(min_length=1, max_length=_LONGEST_NAME)],
        Annotated[str, Meta(min_length=0, max_length=_LONGEST_NAME)],
    ],
    Meta(
        min_length=1,
        max_length=10_000,
        title=f"a table of up to 10000 texts of up to {_LONGEST_NAME} characters",
    ),
]
Layout = Annotated[Literal["NCTHW", "NTCHW"], Meta(title='"NCTHW" or "NTCHW"')]
Head = Annotated[
    Literal["softmax", "sigmoid", "none"] | None, Meta(title='"softmax", "sigmoid" or "none"')
]
Ticks = Annotated[Sampling | None, Meta(title='"nearest" or "floor"')]
Temporal = Annotated[
    Literal["mean", "max", "lstm", "gru", "rnn"] | None,
    Meta(title='"mean", "max", "lstm", "gru" or "rnn"'),
]
Readout = Annotated[
    Literal["last", "final", "mean", "max"] | None, Meta(title='"last", "final", "mean" or "max"')
]
Steps = Annotated[
    Annotated[int, Meta(ge=0)] | Literal["mean", "max"] | None,
    Meta(title='a whole number from 0 up, "mean" or "max"'),
]
Outputs = Annotated[OutputLayout | None, Meta(title='"NKT", "NTK" or "NT"')]
Channels = Annotated[Literal["rgb", "bgr", "grey"], Meta(title='"rgb", "bgr" or "grey"')]
