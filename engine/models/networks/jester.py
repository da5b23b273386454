"""Input and labels of the gesture networks of the Efficient-3DCNNs project.

Its weights for Jester, 27 gestures of the hand, saw 16 frames, every second one, less the mean of
ActivityNet in 0 to 255. Its weights for Kinetics-600 saw every frame, otherwise the same.
"""

from __future__ import annotations

from engine.types import ModelSpec

SOURCE = "Köpüklü et al. 2019, arXiv 1904.02422; names of okankop/Efficient-3DCNNs"

JESTER_LABELS = (
    "Doing other things",
    "Drumming fingers",
    "No gesture",
    "Pulling hand in",
    "Pulling two fingers in",
    "Pushing hand away",
    "Pushing two fingers away",
    "Rolling hand backward",
    "Rolling hand forward",
    "Shaking hand",
    "Sliding two fingers down",
    "Sliding two fingers left",
    "Sliding two fingers right",
    "Sliding two fingers up",
    "Stop sign",
    "Swiping down",
    "Swiping left",
    "Swiping right",
    "Swiping up",
    "Thumb down",
    "Thumb up",
    "Turning hand clockwise",
    "Turning hand counterclockwise",
    "Zooming in with full hand",
    "Zooming in with two fingers",
    "Zooming out with full hand",
    "Zooming out with two fingers",
)
"""The gestures of Jester in alphabetical order, the classes' order here."""


def jester_spec(name: str, layer: str, resize: tuple[int, int] | int = 112) -> ModelSpec:
    """Describe the input of the weights for Jester. The project's own resize keeps the aspect."""
    return ModelSpec(
        name=name,
        labels=JESTER_LABELS,
        frames=16,
        fps=None,
        stride=2,
        resize=resize,
        crop=(112, 112),
        mean=(114.7748, 107.7354, 99.4750),
        std=(1.0, 1.0, 1.0),
        value_range=(0.0, 255.0),
        layer=layer,
        trained_on="Jester (27 hand gestures)",
    )
