"""The values of the curves at a frame, as one line of rich text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import shorten

import numpy as np

from engine.types import Float64Array
from gui.state.curves import CurveSet
from gui.theme import theme

_NOTE_LETTERS = 32


def readout(
    frame: int,
    curves: CurveSet | None,
    flow: tuple[int, Float64Array] | None,
    notes: Sequence[str] = (),
    other: tuple[str, CurveSet] | None = None,
) -> str:
    """Return the values at a frame as rich text, or "".

    Parameters
    ----------
    frame : int
    curves : CurveSet or None
    flow : (int, float64 array) or None
        First frame, and motion in shares of the picture's side a frame.
    notes : sequence of str
        Texts of the notes at this frame.
    other : (str, CurveSet) or None
        What the analysis is compared with, and its name.
    """
    values, of_other = _values(frame, curves), _of_other(frame, other)
    parts = [*values[:1], *of_other, *values[1:], *_moving(frame, flow)]
    parts += [f"<b>{escape(shorten(text, _NOTE_LETTERS, placeholder='…'))}</b>" for text in notes]
    if not parts and curves is None:
        return ""
    if not parts:
        parts = ["not explained yet"]
    return f"Frame {frame}:&nbsp; " + " &nbsp; ".join(parts)


def _values(frame: int, curves: CurveSet | None) -> list[str]:
    if curves is None or not curves.start <= frame < curves.stop:
        return []
    i, shown = frame - curves.start, theme.colours()
    label = escape(curves.labels[int(curves.targets[i])])
    given = "" if curves.sampled[i] else " (interpolated)"
    return [
        _in(shown.motion, f"changing share {percent(curves.changing_share, i)}{given}"),
        _in(shown.score, f"score of {label} {percent(curves.score, i)}"),
        _in(shown.motion, f"motion {curves.motion[i]:.3g}")
        + " + "
        + _in(shown.static, f"static {curves.static[i]:.3g}")
        + f" = {curves.relevance[i]:.3g}",
    ]


def _of_other(frame: int, other: tuple[str, CurveSet] | None) -> list[str]:
    if other is None or not other[1].start <= frame < other[1].stop:
        return []
    name, curves = other
    share = percent(curves.changing_share, frame - curves.start)
    return [f"<span style='color:{theme.colours().motion}'>- - {escape(name)} {share}</span>"]


def _moving(frame: int, flow: tuple[int, Float64Array] | None) -> list[str]:
    if flow is None:
        return []
    start, energy = flow
    index = frame - start
    if not 0 <= index < len(energy) or not np.isfinite(energy[index]):
        return []
    return [f"moves {energy[index]:.2%} of the width a frame"]


def percent(values: Float64Array, index: int) -> str:
    """Format a share as a whole percentage, or a dash."""
    value = values[index]
    return f"{value:.0%}" if np.isfinite(value) else "-"


def _in(colour: str, text: str) -> str:
    return f"<span style='color:{colour}'>&#9632; {text}</span>"
