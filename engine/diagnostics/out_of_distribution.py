"""Out-of-distribution test of a video by the highest logits of the model.

The measure of Hendrycks et al. 2022, "Scaling Out-of-Distribution Detection for Real-World
Settings" (arXiv 1911.11132). A model has its own threshold, calibrated on clips held out from its
training. For the bundled one it separates better than the energy of all logits (Liu et al. 2020,
arXiv 2010.03759): figures in ``resources/figures.json``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.types import ModelSpec, Window


def in_distribution_score(windows: Sequence[Window]) -> float:
    """Return the lower quartile of the highest logits of the windows, at least one of them.

    A network is sure of nearly every window of a video like its training data, and of some windows
    of any other.
    """
    return float(np.quantile([window.logits.max() for window in windows], 0.25))


def is_out_of_distribution(spec: ModelSpec, windows: Sequence[Window]) -> bool:
    """Return whether a video is unlike the training data, as far as the model has a threshold.

    Parameters
    ----------
    spec : ModelSpec
        Its ``least_familiar`` is the threshold of the score.
    windows : sequence of Window
        At least one.
    """
    threshold = spec.least_familiar
    return threshold is not None and in_distribution_score(windows) < threshold


def advice(spec: ModelSpec) -> str:
    """Return advice for a video unlike the training data."""
    return f"It was trained on {spec.trained_on}; load a Kinetics model for real footage."
