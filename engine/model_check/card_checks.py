"""The checks of a model card, one after the other.

Loading refuses cards that cannot work. The checks find networks that work and mislead.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from engine.attribution.base.network_faults import network_faults
from engine.attribution.base.outputs import Outputs, probabilities_of
from engine.cancel import Check, never
from engine.descriptions import CardReport, Finding
from engine.errors import EngineError, UntrustedError
from engine.model_check.behaviour import behaviour_findings, reference_finding
from engine.model_check.families import family_findings
from engine.model_check.forward import run_forward
from engine.model_check.input_checks import failed, passed, rate_finding, value_finding, warned
from engine.models.cards.card import ModelCard
from engine.models.load import load_card
from engine.models.model import Clip, VideoModel
from engine.pipeline.single_clip import clip_at, noise_clip
from engine.types import ModelSpec, Report, UInt8Array, unreported

_SHOWN = 4
_TOP = 5
_NOTHING: UInt8Array = np.zeros((0, 1, 1, 3), np.uint8)


def check_card(
    card: ModelCard,
    video: Path | None,
    start: int = 0,
    *,
    device: str = "cpu",
    report: Report = unreported,
    check: Check = never,
) -> CardReport:
    """Run every check of a card on a clip of a video.

    Parameters
    ----------
    card : ModelCard
        Of the model, with the weights and labels that are meant.
    video : Path or None
        The video; None takes noise, and leaves out what needs a video.
    start : int
        First frame of the clip in it.
    device : str
        Where it is tried, as for `engine.models.load_model`.
    report, check : callable
        Progress of the loading; raises `Cancelled` to stop between checks.

    Raises
    ------
    UntrustedError
        If the card names code that the user has not trusted.
    Cancelled
        If ``check`` says so.
    """
    try:
        model = load_card(card, device, report, check)
        findings = [_loaded(card, model.spec, model.notices)]
        clip = noise_clip(model) if video is None else clip_at(model, video, start)
    except UntrustedError:
        raise
    except EngineError as error:
        return CardReport((failed("loading", f"{error} {error.hint}"),), _NOTHING, ())
    if video is not None:
        findings.append(rate_finding(model.spec, video, start))
    findings.append(value_finding(model.spec))
    outputs = _score(model, clip, findings, check)
    check()
    methods: tuple[Finding, ...] = ()
    if outputs is not None:
        if card.expected is not None:
            findings.append(reference_finding(model, card.expected))
        methods = tuple(family_findings(model, clip, check))
    top = _top(model.spec, outputs)
    return CardReport(tuple(findings), _pictures(clip), top, model.spec.score_unit, methods)


def _score(model: VideoModel, clip: Clip, findings: list[Finding], check: Check) -> Outputs | None:
    """Add what the scores of the clip and of others tell, and return those of the clip.

    A network, or a server, may score one clip and fail on the next.
    """
    outputs = None
    faults = f"{model.spec.name} scored a clip, but failed on another one"
    try:
        with network_faults(faults, "Mend the network, or its server."):
            run = run_forward(model, clip)
            findings += run.findings
            outputs = run.outputs
            check()
            if outputs is not None:
                findings += behaviour_findings(model, clip, outputs.logits)
    except EngineError as error:
        findings.append(failed("output", f"{error} {error.hint}"))
    return outputs


def _loaded(card: ModelCard, spec: ModelSpec, notices: tuple[str, ...]) -> Finding:
    if card.needs_code and card.is_function and card.checkpoint is None:
        return warned(
            "loading",
            f"{card.network} is built, but no checkpoint is given: it has the weights that the "
            "function gives it.",
        )
    text = " ".join((f"{card.network} with {len(spec.labels)} labels.", *notices))
    return warned("loading", text) if notices else passed("loading", text)


def _pictures(clip: Clip) -> UInt8Array:
    """Return a few frames of a clip as the network gets them, with mean and std undone."""
    places = np.linspace(0, clip.tensor.shape[2] - 1, _SHOWN).round().astype(int)
    values = (clip.tensor - clip.low) / (clip.high - clip.low) * 255
    pictures: UInt8Array = values[0, :, places].permute(1, 2, 3, 0).round().byte().numpy()
    return np.ascontiguousarray(pictures)


def _top(spec: ModelSpec, outputs: Outputs | None) -> tuple[tuple[str, float], ...]:
    if outputs is None:
        return ()
    chances = probabilities_of(outputs.logits.detach().float(), outputs.activation)[0]
    values = outputs.activation == "none"  # which cannot be compared with each other
    best = (torch.arange(len(chances)) if values else chances.argsort(descending=True))[:_TOP]
    return tuple((spec.label(index), float(chances[index])) for index in best.tolist())
