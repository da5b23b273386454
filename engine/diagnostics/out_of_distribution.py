"""Is a video like what a model was trained on? Told by its highest logit.

The measure of Hendrycks et al. 2022, "Scaling Out-of-Distribution Detection for Real-World
Settings" (arXiv 1911.11132). A model says its own limit, calibrated on clips held out from its
training. For the bundled one it separates better than the energy of all logits (Liu et al. 2020,
arXiv 2010.03759): figures in ``resources/figures.json``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.types import ModelSpec, Window


def familiarity(windows: Sequence[Window]) -> float:
    """Highest logit of each window of a video, at least one, and of these the lower quartile.

    A network that knows a video is sure of nearly every window; one that does not is sure of some.
    """
    return float(np.quantile([window.logits.max() for window in windows], 0.25))


def is_out_of_distribution(spec: ModelSpec, windows: Sequence[Window]) -> bool:
    """Whether a video is unlike the model's training data; False where the model cannot tell.

    Parameters
    ----------
    spec : ModelSpec
        Its ``least_familiar`` is what the familiarity is held against.
    windows : sequence of Window
        At least one.
    """
    return spec.least_familiar is not None and familiarity(windows) < spec.least_familiar


def advice(spec: ModelSpec) -> str:
    """What to do about a video unlike the training data."""
    return f"It was trained on {spec.trained_on}; load a Kinetics model for real footage."
