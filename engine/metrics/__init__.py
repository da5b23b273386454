"""Numbers that say how well relevance falls on what it should: a mask, or what really moves.

NumPy only: importing this loads neither torch nor OpenCV.
"""

from engine.metrics.masks import mass_accuracy, rank_accuracy
from engine.metrics.motion import FlowPrecision, flow_precision, magnitude_on

__all__ = [
    "FlowPrecision",
    "flow_precision",
    "magnitude_on",
    "mass_accuracy",
    "rank_accuracy",
]
