"""A prior made of stills: what a model says of pictures in which nothing moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np

from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.targets import Goal
from engine.cancel import Check, never
from engine.errors import ModelError
from engine.evidence.decision import score_clips
from engine.evidence.heads import check_probabilities
from engine.evidence.prior import Prior, mean_prior
from engine.models.model import VideoModel
from engine.types import Float64Array, UInt8Array

_TOGETHER = 16  # pictures held in memory


def stills_prior(
    model: VideoModel, stills: Iterable[UInt8Array], source: str, *, check: Check = never
) -> Prior:
    """Return the prior of a model from pictures, each shown to it as a clip that stands still.

    Parameters
    ----------
    model : VideoModel
    stills : iterable of uint8 array, (H, W, 3)
        RGB, at the size of their videos.
    source : str
        What they are, as in `Prior`.
    check : callable
        Raises `Cancelled` to stop; called between passes.

    Raises
    ------
    ModelError
        If there is no picture.
    AttributionError
        If the model's outputs cannot be read, or are values.
    """
    check_probabilities(model.spec)
    explained = ExplainedModel(model, Goal(), check=check)
    rows = list(_asked(explained, stills))
    if not rows:
        raise ModelError("A prior needs at least one picture.", "Give a folder of videos.")
    return mean_prior(np.stack(rows), explained.activation, source)


def _asked(explained: ExplainedModel, stills: Iterable[UInt8Array]) -> Iterator[Float64Array]:
    """Yield what a model says of each picture, float64 (K,)."""
    model, left = explained.model, iter(stills)
    while pictures := list(islice(left, _TOGETHER)):
        clips = [model.preprocess(picture[None]).tensor for picture in pictures]
        yield from score_clips(
            explained, [clip.expand(-1, -1, model.spec.frames, -1, -1) for clip in clips]
        )
