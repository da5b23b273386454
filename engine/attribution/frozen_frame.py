"""The frozen-frame split: the second way to separate motion from scenery, at T times the cost.

Every frame is made a still clip and explained; what it has there is spatial, the rest of its
relevance in the real clip is temporal (Hiley et al. 2019, arXiv 1908.01536, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.attribution.attribute_clip import Attribution, Explainer, attribute
from engine.attribution.base.targets import Target
from engine.attribution.baselines import frozen
from engine.attribution.catalogue import DEFAULT_METHOD
from engine.cancel import Check, never
from engine.models.model import Clip, VideoModel
from engine.types import Float32Array, Progress, Report, unreported


@dataclass(frozen=True, slots=True, eq=False)
class FrozenFrameSplit:
    """Relevance of a clip separated by still clips, ``temporal = relevance - spatial``.

    Attributes
    ----------
    attribution : Attribution
        Of the clip itself.
    spatial : float32 array, (T, h, w)
        Relevance of each frame in the still clip made of it alone.
    temporal : float32 array, (T, h, w)
        The difference: what the movement adds or takes away.
    """

    attribution: Attribution
    spatial: Float32Array
    temporal: Float32Array

    @property
    def temporal_share(self) -> float:
        """Sum |temporal| over sum |temporal| + |spatial|, 0 to 1, nan without relevance."""
        temporal = float(np.abs(self.temporal).sum(dtype="float64"))
        whole = temporal + float(np.abs(self.spatial).sum(dtype="float64"))
        return temporal / whole if whole else float("nan")


def frozen_frame_split(
    model: VideoModel,
    clip: Clip,
    target: Target = None,
    method: str = DEFAULT_METHOD,
    *,
    report: Report = unreported,
    check: Check = never,
    **options: Any,
) -> FrozenFrameSplit:
    """Separate a clip's relevance by still clips of its frames.

    Parameters and errors are those of `engine.attribution.attribute`; the class of the clip
    is explained in every still clip too.
    """
    whole = attribute(model, clip, target, method, check=check, **options)
    held = target if whole.target is None or target is not None else whole.target
    frames = clip.tensor.shape[2]
    spatial = np.empty_like(whole.relevance)
    explainer = Explainer(model, held, method, check=check, **options)
    done = 0
    while done < frames:
        stills = range(done, min(done + explainer.batch, frames))
        clips = [replace(clip, tensor=frozen(clip.tensor, frame).contiguous()) for frame in stills]
        for frame, still in zip(stills, explainer.explain(clips), strict=True):
            spatial[frame] = still.relevance[frame]
        done = stills.stop
        report(Progress("Explaining still frames", done, frames))
    return FrozenFrameSplit(whole, spatial, whole.relevance - spatial)
