"""Numbers that say how well relevance falls on what it should: a mask, or what really moves.

NumPy only: importing this loads neither torch nor OpenCV.
"""

from engine.metrics.masks import mass_accuracy, rank_accuracy
from engine.metrics.motion import FlowPrecision, flow_precision, magnitude_on
from engine.metrics.ranking import KeptCurve, kept_curve
from engine.metrics.statistics import Interval, mean_interval, resampled, spearman

__all__ = [
    "FlowPrecision",
    "Interval",
    "KeptCurve",
    "flow_precision",
    "kept_curve",
    "magnitude_on",
    "mass_accuracy",
    "mean_interval",
    "rank_accuracy",
    "resampled",
    "spearman",
]
