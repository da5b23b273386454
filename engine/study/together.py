"""The windows of a clip together, as they are stored. No torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.diagnostics.out_of_distribution import advice, is_out_of_distribution
from engine.evidence.chance import is_at_chance
from engine.evidence.evidence import Evidence
from engine.evidence.summary import evidence_curves
from engine.evidence.summary import together as evidence_together
from engine.models.preprocess.frame_sampling import repeats_sentence
from engine.store import Header
from engine.store.scores import probabilities_of
from engine.study.outcome import ClipOutcome, Scores, Stretch, WindowOutcome, known
from engine.types import ModelSpec, Window
from engine.windows import cuts_sentence

if TYPE_CHECKING:
    from engine.attribution import MotionUse

_Six = tuple[float | None, float | None, float | None, float | None, float | None, float | None]


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredWindow:
    """A window with all that was measured of it, None where it was not asked or cannot be."""

    window: Window
    evidence: Evidence | None
    use: MotionUse | None
    changing_share: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A clip, its windows and the evidence of its frames."""

    clip: ClipOutcome
    windows: tuple[WindowOutcome, ...]
    stretches: tuple[Stretch, ...]


def together(
    header: Header, found: Sequence[MeasuredWindow], of: int, lost: int, notices: Sequence[str]
) -> Measured:
    """Return what the windows of a clip say together.

    Parameters
    ----------
    header : Header
        Of the clip.
    found : sequence of MeasuredWindow
        At least one.
    of : int
        Windows that the range has.
    lost : int
        Frames that do not decode.
    notices : sequence of str
        Of the model.
    """
    single = [one for one in found if not one.window.crosses_cut]
    counted = found if header.request.keep_cuts or not single else single
    outcomes = tuple(_outcome(one, header, counted=one in counted) for one in found)
    texts = (*notices, *_notices(header, found, of, lost))
    clip = _clip(header, counted, [one for one in outcomes if one.counted], of, texts)
    return Measured(clip, outcomes, _stretches(header, found, counted))


def _outcome(one: MeasuredWindow, header: Header, *, counted: bool) -> WindowOutcome:
    window, evidence = one.window, one.evidence
    bits: _Six = (None,) * 6 if evidence is None else _six(_numbers(evidence))
    return WindowOutcome(
        first_frame=int(window.frame_indices[0]) + header.start,
        last_frame=int(window.frame_indices[-1]) + header.start,
        padded=window.padded,
        crosses_cut=window.crosses_cut,
        counted=counted,
        answer=header.spec.label(window.target),
        highest_logit=known(float(window.logits.max())),
        scores=_scores(one),
        share=bits[0],
        share_low=bits[1],
        share_high=bits[2],
        still_bits=bits[3],
        frames_bits=bits[4],
        order_bits=bits[5],
        verdict=None if evidence is None else evidence.verdict,
        changing_share=None if one.changing_share is None else known(one.changing_share),
        conservation=known(window.conservation),
    )


def _numbers(evidence: Evidence) -> tuple[float, ...]:
    bits = (evidence.still_bits, evidence.frames_bits, evidence.order_bits)
    return (evidence.share, *evidence.interval, *bits)


def _six(values: Iterable[float]) -> _Six:
    """Return share with its ends and bits as they are stored."""
    share, low, high, still, several, order = map(known, values)
    return share, low, high, still, several, order


def _scores(one: MeasuredWindow) -> Scores:
    window, use = one.window, one.use
    if use is None:
        own = probabilities_of(window.logits, window.activation)[window.target]
        return Scores(known(float(own)))
    values = (use.original, use.frozen, use.reversed, use.shuffled)
    return Scores(*map(known, values if use.probabilities is None else use.probabilities))


def _clip(
    header: Header,
    counted: Sequence[MeasuredWindow],
    outcomes: Sequence[WindowOutcome],
    of: int,
    notices: tuple[str, ...],
) -> ClipOutcome:
    spec = header.spec
    evidence = [one.evidence for one in counted if one.evidence is not None]
    whole = evidence_together(evidence) if evidence else None
    share = (math.nan,) * 3 if whole is None else (whole.share, *whole.interval)
    bits = (None,) * 3 if whole is None else whole.bits
    names = ("score", "frozen", "reversed", "shuffled")
    means = [_mean([getattr(one.scores, name) for one in outcomes]) for name in names]
    return ClipOutcome(
        frames=header.stop - header.start,
        fps=header.fps,
        of_windows=of,
        answer=_answer(counted, spec),
        scores=Scores(*means),
        share=known(share[0]),
        share_low=known(share[1]),
        share_high=known(share[2]),
        still_bits=bits[0],
        frames_bits=bits[1],
        order_bits=bits[2],
        verdict=None if whole is None else whole.verdict,
        reason="" if whole is None else whole.reason,
        prior="; ".join(dict.fromkeys(one.prior for one in evidence)),
        changing_share=_mean([one.changing_share for one in outcomes]),
        guessed=_is_guessed(means[0], spec, counted[0].window),
        unlike=is_out_of_distribution(spec, [one.window for one in counted]),
        notices=notices,
    )


def _answer(counted: Sequence[MeasuredWindow], spec: ModelSpec) -> str:
    """Return the class of the highest mean probability over the windows."""
    rows = [probabilities_of(one.window.logits, one.window.activation) for one in counted]
    return spec.label(int(np.mean(rows, axis=0).argmax()))


def _is_guessed(score: float | None, spec: ModelSpec, window: Window) -> bool:
    if score is None or spec.activation == "none":
        return False
    return is_at_chance(score, len(spec.labels), window.activation)


def _notices(header: Header, found: Sequence[MeasuredWindow], of: int, lost: int) -> list[str]:
    """Return sentences on the frames that the model was given, each once."""
    spec, windows = header.spec, [one.window for one in found]
    crossing = sum(window.crosses_cut for window in windows)
    padded = windows[0].padded if of == 1 else 0
    texts = [
        f"{lost} frames cannot be decoded: the model was shown others instead." if lost else "",
        f"The clip is short: its last frame was repeated {padded} times." if padded else "",
        repeats_sentence(spec, header.fps, header.step_frames) or "",
        cuts_sentence(crossing, len(found), keep=header.request.keep_cuts),
        f"{len(found)} of {of} windows were measured." if len(found) < of else "",
        f"The clip is unlike what {spec.name} knows. {advice(spec)}"
        if is_out_of_distribution(spec, windows)
        else "",
        *(text for window in windows for text in window.notices),
    ]
    return list(dict.fromkeys(filter(None, texts)))


def _stretches(
    header: Header, found: Sequence[MeasuredWindow], counted: Sequence[MeasuredWindow]
) -> tuple[Stretch, ...]:
    """Return the frames of the clip by the evidence of the windows over them."""
    evidence = [one.evidence for one in found]
    if not any(evidence):
        return ()
    count = header.stop - header.start
    left_out = np.array([one not in counted for one in found])
    windows = [one.window for one in found]
    curves = evidence_curves(windows, evidence, header.step_frames, count, left_out)
    names = ("share", "low", "high", "still_bits", "frames_bits", "order_bits")
    numbers = np.stack([getattr(curves, name) for name in names])
    changes = (curves.windows[1:] != curves.windows[:-1]).any(axis=1)
    starts = [0, *(np.flatnonzero(changes) + 1).tolist()]
    stops = [*starts[1:], count]
    verdicts = [curves.verdicts[first] for first in starts]
    return tuple(
        Stretch(first + header.start, stop + header.start, *_six(numbers[:, first]), verdict)
        for first, stop, verdict in zip(starts, stops, verdicts, strict=True)
    )


def _mean(values: Sequence[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return float(np.mean(told)) if told else None
