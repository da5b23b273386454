"""The ways in which the program reads files of each kind, as far as it goes by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from torch import nn

from benchmarks.hostile.analysis import mutated_analysis
from benchmarks.hostile.annotations import mutated_annotations
from benchmarks.hostile.card import mutated_card
from benchmarks.hostile.checkpoint import hostile_checkpoint
from benchmarks.hostile.labels import mutated_labels, mutated_prior
from benchmarks.hostile.session import mutated_session
from engine.annotations.notes import read_webvtt
from engine.evidence.prior import load_prior
from engine.models.cards.reading import read_card
from engine.models.labels import read_labels
from engine.models.load import load_model
from engine.models.weights.checkpoint import read_weights
from engine.models.weights.fitting import fit, matched
from engine.store import Analysis
from gui.session.session_contents import contents_of, request_within, view_within
from gui.state.session_file import read_session

_FRAMES = 30


@dataclass(frozen=True, slots=True)
class Kind:
    """Files of a kind: how one is spoiled, and how it is read."""

    make: Callable[[Path, Random], Path]
    read: Callable[[Path], Any]


def _card(path: Path) -> None:
    card = read_card(path)
    if card.network == "figures":
        load_model(str(path), device="cpu")


def _session(path: Path) -> None:
    session = read_session(path)
    contents_of(session)
    request_within(session.request, _FRAMES)
    view_within(session.view, _FRAMES)


def _analysis(path: Path) -> None:
    analysis = Analysis.open(path)
    try:
        frames = analysis.header.start, min(analysis.header.start + 40, analysis.header.stop)
        analysis.separation("recommended").curves(1.0)
        analysis.separation("recommended").frames(0, frames[1] - frames[0], 1.0)
        analysis.target_scores()
        analysis.clip_evidence()
        analysis.document(preset="recommended", sigma=1.0)
    finally:
        analysis.close()


def _annotations(path: Path) -> None:
    if path.suffix == ".vtt":
        read_webvtt(path, np.arange(_FRAMES) / 15)
    else:
        _session(path)


def _checkpoint(path: Path) -> None:
    network = nn.ModuleDict({"fc": nn.Linear(6, 4)})
    fit(network, matched(network, read_weights(path)), "net", str(path))


KINDS = {
    "card": Kind(mutated_card, _card),
    "session": Kind(mutated_session, _session),
    "analysis": Kind(mutated_analysis, _analysis),
    "checkpoint": Kind(hostile_checkpoint, _checkpoint),
    "annotations": Kind(mutated_annotations, _annotations),
    "labels": Kind(mutated_labels, read_labels),
    "prior": Kind(mutated_prior, lambda path: load_prior(path, 2)),
}
