"""The prior: what a model says when it sees nothing in particular.

Evidence of a picture is measured from it. Best are stills of other videos, kept in a small file
with the model; without one, the clip's own stills are robbed of all that can be recognised.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.errors import ModelError
from engine.evidence.heads import log2_probabilities
from engine.models.cards.card import CARD_SUFFIX, is_card
from engine.models.cards.library import shelf_folder
from engine.types import Activation, Float64Array
from engine.utils.atomic import AtomicPath
from engine.utils.bounded_files import is_regular, read_bounded
from engine.utils.schema import convert, parse_json, to_plain
from resources import resource_bytes

SUFFIX = ".prior.json"
"""Ending of a prior's file, behind the name of the weights or the model card it belongs to."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Outputs of a model for nothing in particular.

    Attributes
    ----------
    logits : tuple of float
        One a class; the model's activation makes probabilities of them.
    source : str
        What it was measured on, in a few words: "72 stills of 24 videos".
    """

    logits: tuple[float, ...]
    source: str

    def __post_init__(self) -> None:
        if not self.logits or not np.isfinite(self.logits).all():
            raise ValueError("a prior has a finite logit for each class")

    @property
    def row(self) -> Float64Array:
        """Logits, float64 (1, K)."""
        return np.array([self.logits], np.float64)


def mean_prior(logits: Float64Array, activation: Activation, source: str) -> Prior:
    """Return the prior of many stills: the mean of what the model says of them.

    Of all answers the mean is least far from those of the stills (it minimises their mean
    divergence), so a still's evidence is what it says beyond what stills say anyway. One still
    more that says nothing is counted in, so that no class is excluded.

    Parameters
    ----------
    logits : float64 array, (N, K)
    activation : str
        What makes probabilities of them.
    source : str
        As `Prior.source`.
    """
    chances = np.exp2(log2_probabilities(logits, activation))
    if chances.ndim == 3:
        yes, no = np.moveaxis(_with_nothing(chances, 0.5), -1, 0)
        mean = np.log(yes / no)
    elif activation == "binary":
        mean = np.log(_with_nothing(chances, 0.5))
        mean = mean - mean[::-1]
    elif activation == "probabilities":
        mean = _with_nothing(chances, 1 / chances.shape[1])
    else:
        mean = np.log(_with_nothing(chances, 1 / chances.shape[1]))
    return Prior(tuple(float(one) for one in mean), source)


def _with_nothing(chances: Float64Array, even: float) -> Float64Array:
    """Return the mean over stills and one more whose classes are as likely as each other."""
    mean: Float64Array = (chances.sum(axis=0) + even) / (len(chances) + 1)
    return mean


def save_prior(prior: Prior, path: Path) -> None:
    """Write a prior as JSON.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    with AtomicPath(path) as partial:
        partial.write_text(json.dumps(to_plain(prior), indent=1) + "\n", encoding="utf-8")


def load_prior(path: Path, classes: int) -> Prior:
    """Read a prior for a model with that many classes.

    Raises
    ------
    ModelError
        If there is none, or it belongs to another model.
    """
    try:
        text = read_bounded(path, _MOST_BYTES)
    except OSError as error:
        reason = error.strerror or error
        raise ModelError(f"The prior {path} cannot be read ({reason}).", _REMEDY) from error
    return _parsed(text, str(path), classes)


def is_prior(path: Path) -> bool:
    """Return whether a file is a prior."""
    try:
        convert(parse_json(read_bounded(path, _MOST_BYTES)), Prior, "prior")
    except (OSError, ValueError, TypeError):
        return False
    return True


_MOST_BYTES = 2**24
_REMEDY = "Make one from a folder of videos: motion-inspector prior FOLDER --model MODEL."


def _parsed(text: str | bytes, name: str, classes: int) -> Prior:
    try:
        prior: Prior = convert(parse_json(text), Prior, "prior")
    except (ValueError, TypeError) as error:
        raise ModelError(f"{name} is not a prior: {error}", _REMEDY) from error
    if len(prior.logits) != classes:
        raise ModelError(
            f"The prior {name} has {len(prior.logits)} classes, but the model has {classes}.",
            _REMEDY,
        )
    return prior


def kept_prior(model: str, weights: Path | None, classes: int) -> Prior | None:
    """Return the prior that is kept with a model, or None.

    Parameters
    ----------
    model : str
        Name of a known or saved model, or path of a model card.
    weights : Path or None
        The user's own weights.
    classes : int
        Classes of the model.

    Raises
    ------
    ModelError
        If there is one that cannot be used.
    """
    path = prior_file(model, weights)
    if path is not None:
        return load_prior(path, classes)
    if weights is not None:
        return None
    try:
        text = resource_bytes(f"{model}{SUFFIX}").decode("utf-8")
    except (FileNotFoundError, ValueError):
        return None
    return _parsed(text, f"{model}{SUFFIX}", classes)


def prior_file(model: str, weights: Path | None) -> Path | None:
    """Return the file of a prior that lies beside a model's weights or card, if there is one."""
    return next((path for path in prior_places(model, weights) if os.path.exists(path)), None)


def prior_places(model: str, weights: Path | None) -> Sequence[Path]:
    """Return where the prior of a model would be: beside its weights, or else its card.

    A model of the catalogue has its place among the saved cards.
    """
    saved = shelf_folder() / f"{model}{CARD_SUFFIX}"
    card = Path(model) if is_card(model) else saved
    owners = [path for path in (weights, card) if path is not None and is_regular(path)]
    beside = [path.with_name(path.name + SUFFIX) for path in owners]
    return beside or [shelf_folder() / f"{model}{SUFFIX}"]
