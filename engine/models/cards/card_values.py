"""Kinds of values that the keys of a card have, with their bounds and their names for people."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from engine.types import OutputLayout, Sampling
from engine.utils.schema import Finite

Text = Annotated[str, Meta(min_length=1, title="a text in quotes")]
File = Annotated[Path, Meta(title="a file name in quotes")]
Count = Annotated[int, Meta(ge=1, title="a whole number from 1 up")]
Position = Annotated[int, Meta(ge=0, title="a whole number from 0 up")]
Positive = Annotated[float, Meta(gt=0, le=sys.float_info.max, title="a number above 0")]
Size = Annotated[
    Count | Annotated[tuple[Count, ...], Meta(min_length=2, max_length=2)],
    Meta(title="a whole number of pixels or [height, width]"),
]
Rising = Annotated[
    tuple[Finite, ...], Meta(min_length=2, max_length=2, title="two rising numbers [low, high]")
]
Three = Annotated[
    Finite | Annotated[tuple[Finite, ...], Meta(min_length=3, max_length=3)],
    Meta(title="a number or three in a list"),
]
ThreePositive = Annotated[
    Positive | Annotated[tuple[Positive, ...], Meta(min_length=3, max_length=3)],
    Meta(title="a number above 0 or three in a list"),
]
Numbers = Annotated[
    Finite | Annotated[tuple[Finite, ...], Meta(min_length=1, max_length=3)],
    Meta(title="a number or one a channel in a list"),
]
NumbersPositive = Annotated[
    Positive | Annotated[tuple[Positive, ...], Meta(min_length=1, max_length=3)],
    Meta(title="a number above 0 or one a channel in a list"),
]
Scores = Annotated[dict[str, Finite], Meta(min_length=1, title="a table of labels with numbers")]
Renames = Annotated[
    dict[Annotated[str, Meta(min_length=1)], Annotated[str, Meta(min_length=0)]],
    Meta(min_length=1, title="a table of texts"),
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
