"""motion-use: what a decision rests on, and its scores frozen, reversed and shuffled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from engine.evidence.words import basis_sentence, share_text, verdict_sentence
from engine.types import ModelSpec, Request
from engine.utils.printable import printable_lines
from inspector import cli_options as options
from inspector.cli_options import chosen_window, parse_step
from inspector.commands import Command
from inspector.terminal import print_text, progress_bar
from inspector.trust_prompt import run_with_trust_prompt
from inspector.value_use import NO_VERDICT, scores_of, value_lines, window_lines

if TYPE_CHECKING:
    from engine.pipeline.motion_report import MotionReport, WindowUse

_HEADING = (
    f"{'window':6}  {'frames':14} {'verdict':17} {'motion share':19} "
    f"{'movement':>8} {'several':>8} {'one':>8}  (bits) class"
)
_NAMES = ("as it is", "frozen", "reversed", "shuffled")


def motion_use(
    video: options.Video,
    model: options.Model = options.DEFAULT_MODEL,
    weights: options.Weights = None,
    labels: options.Labels = None,
    target: Annotated[
        str | None, typer.Option("--class", help="Name or index; left out, the top class.")
    ] = None,
    step: options.StepText = None,
    start: options.ClipStart = None,
    window: options.Window = None,
    every: options.AllWindows = False,
    shuffles: Annotated[int, typer.Option(min=1, help="Random orders of the frames.")] = 8,
    prior: options.Prior = None,
    keep_cuts: options.KeepCuts = False,
    device: options.Device = "auto",
    as_json: options.Json = False,
    trust: options.Trust = False,
) -> None:
    """Print what a decision rests on, and its scores without movement."""
    number = chosen_window(start, window, every=every)
    request = Request(
        video=video,
        model=model,
        weights=weights,
        labels=labels,
        target=target,
        device=device,
        prior=prior,
        step=parse_step(step),
        keep_cuts=keep_cuts,
    )
    found = run_with_trust_prompt(lambda: measured(request, number, start, shuffles), trusted=trust)
    print_text(json.dumps(plain(found), indent=2) if as_json else table(found))


def measured(
    request: Request, number: int | None, start: int | None, shuffles: int
) -> MotionReport:
    """Measure the windows that are wanted.

    Raises
    ------
    EngineError
        If the video, the model, the window or the class cannot be used.
    """
    with progress_bar() as bars:
        from engine.models.load import load_requested  # here: it imports torch
        from engine.pipeline.motion_report import motion_report

        model = load_requested(request, bars.report)
        return motion_report(
            model, request, number=number, start=start, shuffles=shuffles, report=bars.report
        )


def table(found: MotionReport) -> str:
    """Return the verdict, the windows and the scores as lines."""
    if found.whole is None:
        return printable_lines(_of_values(found))
    lines = [verdict_sentence(found.whole), basis_sentence(found.whole)]
    if len(found.windows) == 1:
        lines.append(_place(found.windows[0], found.of))
    else:
        lines += ["", _HEADING, *(_window_line(one, found) for one in found.windows)]
    names = ", ".join(found.whole.labels)
    lines += ["", f"{'Explained: ' + names:28} {'logit':>9} {'probability':>12}"]
    for name, score, chance, spread in _scores(found):
        lines.append(f"{name:28} {score:9.3f} {chance:12.1%}{spread}")
    return printable_lines([*lines, *(f"Note: {text}" for text in notes(found))])


def _of_values(found: MotionReport) -> list[str]:
    if len(found.windows) == 1:
        windows = [_place(found.windows[0], found.of)]
    else:
        windows = ["", *window_lines(found)]
    return [NO_VERDICT, *windows, "", *value_lines(found)]


def notes(found: MotionReport) -> list[str]:
    """Return what to know before the scores are read."""
    notices = list(found.notices)
    if not found.at_chance:
        return notices
    windows = len(found.windows)
    where = "" if windows == 1 else f"In {found.at_chance} of {windows} windows "
    text = "the class explained is as good as guessed: what is not there cannot be lost."
    return [*notices, where + text if where else text[0].upper() + text[1:]]


def plain(found: MotionReport) -> dict[str, Any]:
    """Return everything as values that JSON can hold."""
    from engine.store.window_evidence import clip_to_dict

    unit = found.spec.score_unit
    return {
        "model": found.spec.name,
        "evidence": None if found.whole is None else clip_to_dict(found.whole),
        "windows_of_range": found.of,
        "windows": [_plain_window(one, found.spec) for one in found.windows],
        "notes": notes(found),
        **({} if unit is None else {"unit": unit}),
    }


def _plain_window(one: WindowUse, spec: ModelSpec) -> dict[str, Any]:
    from engine.store.window_evidence import evidence_to_dict

    use, evidence = one.use, one.evidence
    scores = _three(*scores_of(use)[:3])
    values = {
        "window": one.number,
        "frames": [one.first_frame, one.last_frame],
        "padded": one.padded,
        "crosses_cut": one.crosses_cut,
        "evidence": None if evidence is None else evidence_to_dict(evidence, spec),
        "label": spec.label(use.target or 0),
    }
    if use.probabilities is None:
        return values | {"values": scores, "shuffled_values": list(use.shuffled_scores)}
    return values | {
        "logits": scores,
        "probabilities": _three(*use.probabilities[:3]),
        "shuffled_logits": list(use.shuffled_scores),
        "shuffled_probabilities": list(use.shuffled_probabilities),
    }


def _three(*values: float) -> dict[str, float]:
    return dict(zip(("original", "frozen", "reversed"), values, strict=True))


def _scores(found: MotionReport) -> list[tuple[str, float, float, str]]:
    """Return name, logit, probability and spread of each variant, means over the windows."""
    uses = [one.use for one in found.counted]
    logits = np.mean([scores_of(use) for use in uses], axis=0)
    chances = np.mean([u.probabilities for u in uses if u.probabilities is not None], axis=0)
    count = uses[0].shuffles
    spread = np.mean([np.std(u.shuffled_probabilities, ddof=1) for u in uses]) if count > 1 else 0
    texts = ("", "", "", f"  ± {spread:.1%} from order to order" if count > 1 else "")
    names = (*_NAMES[:3], f"{_NAMES[3]} (mean of {count})")
    return [
        (name, float(logit), float(chance), text)
        for name, logit, chance, text in zip(names, logits, chances, texts, strict=True)
    ]


def _place(one: WindowUse, of: int) -> str:
    padding = f", the last {one.padded} of them repeated" if one.padded else ""
    more = "" if of == 1 else "; --all takes all"
    frames = f"frames {one.first_frame} to {one.last_frame}"
    return f"Window {one.number} of {of}: {frames}{padding}{more}"


def _window_line(one: WindowUse, found: MotionReport) -> str:
    evidence = one.evidence
    assert evidence is not None  # a model of classes
    share = share_text(evidence.share, evidence.interval) if evidence.is_told else "-"
    frames = f"{one.first_frame} to {one.last_frame}"
    return (
        f"{one.number:6}  {frames:14} {evidence.verdict:17} {share:19} "
        f"{evidence.order_bits:8.1f} {evidence.frames_bits:8.1f} {evidence.still_bits:8.1f}  "
        f"{found.spec.label(evidence.target)}{' (crosses a cut)' if one.crosses_cut else ''}"
    )


COMMAND = Command(
    "motion-use",
    motion_use,
    "What a decision rests on: evidence in bits, and scores frozen, reversed and shuffled.",
    order=70,
)
