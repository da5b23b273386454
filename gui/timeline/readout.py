"""The values of the curves at a frame, as one line of rich text."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape
from textwrap import shorten

import numpy as np

from engine.evidence.summary import EvidenceCurves
from engine.types import Float64Array
from engine.utils.score_text import score_range, score_text
from gui.state.curves import CurveSet
from gui.state.evidence_words import bits_text
from gui.theme import theme

_NOTE_LETTERS = 32


def readout(
    frame: int,
    curves: CurveSet | None,
    flow: tuple[int, Float64Array] | None,
    notes: Sequence[str] = (),
    other: tuple[str, CurveSet] | None = None,
    shown: Collection[str] = ("share", "score", "parts"),
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
    shown : collection of str
        Curves whose values are told, of `gui.timeline.plots.KEYS`.
    """
    values, of_other = _values(frame, curves, shown), _of_other(frame, other)
    parts = [*values[:1], *of_other, *values[1:], *_moving(frame, flow)]
    parts += ["<b>another shot begins</b>"] if curves is not None and frame in curves.cuts else []
    parts += [f"<b>{escape(shorten(text, _NOTE_LETTERS, placeholder='…'))}</b>" for text in notes]
    if not parts and curves is None:
        return ""
    if not parts:
        parts = ["not explained yet"]
    return f"Frame {frame}:&nbsp; " + " &nbsp; ".join(parts)


def _values(frame: int, curves: CurveSet | None, shown: Collection[str]) -> list[str]:
    if curves is None or not curves.start <= frame < curves.stop:
        return []
    i, colours = frame - curves.start, theme.colours()
    label = escape(curves.labels[int(curves.targets[i])])
    given = "" if curves.sampled[i] else " (interpolated)"
    told = {
        "share": _in(colours.motion, f"changing share {percent(curves.changing_share, i)}{given}"),
        "score": _in(colours.score, _score(curves, i, label)),
        "parts": _in(colours.motion, f"motion {curves.motion[i]:.3g}")
        + " + "
        + _in(colours.static, f"static {curves.static[i]:.3g}")
        + f" = {curves.relevance[i]:.3g}",
    }
    evidence = {} if curves.evidence is None else _evidence(curves.evidence.curves, i)
    return [text for key, text in (evidence | told).items() if key in shown]


def _score(curves: CurveSet, i: int, label: str) -> str:
    """Return the probability of the class, or the value with its range over the clip."""
    if curves.unit is None:
        return f"score of {label} {percent(curves.score, i)}"
    whole = score_range(curves.score, curves.unit)
    return f"{label} {escape(f'{score_text(curves.score[i], curves.unit)} of {whole}')}"


def _evidence(curves: EvidenceCurves, i: int) -> dict[str, str]:
    """Return the values of the curves of evidence at a frame of theirs."""
    if i >= len(curves.share) or not curves.verdicts[i]:
        return {}
    colours = theme.colours()
    bits = (
        _in(colours.motion, bits_text(float(curves.order_bits[i]))),
        _in(colours.several, bits_text(float(curves.frames_bits[i]))),
        _in(colours.static, bits_text(float(curves.still_bits[i]))),
    )
    share = str(curves.verdicts[i])
    if np.isfinite(curves.share[i]):
        low, high = curves.low[i], curves.high[i]
        interval = f"({100 * low:.0f} to {high:.0%})"
        share = f"motion share {percent(curves.share, i)} {interval}: {share}"
    return {
        "evidence": _in(colours.motion, share),
        "bits": " + ".join(bits) + " bits",
        "order": _in(colours.motion, f"order {bits_text(float(curves.order_bits[i]))} bits"),
    }


def _of_other(frame: int, other: tuple[str, CurveSet] | None) -> list[str]:
    if other is None or not other[1].start <= frame < other[1].stop:
        return []
    name, curves = other
    i, evidence = frame - curves.start, curves.evidence
    share = percent(curves.changing_share, i)
    if evidence is not None and i < len(evidence.curves.share):
        share = percent(evidence.curves.share, i)
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
