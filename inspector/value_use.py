"""motion-use of a model that gives values: them with and without movement, no verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.utils.score_text import score_text

if TYPE_CHECKING:
    from engine.attribution import MotionUse
    from engine.pipeline.motion_report import MotionReport

NO_VERDICT = (
    "This model gives values, and evidence is counted in bits of probabilities: there is no "
    "verdict. A value that stays without movement does not need it."
)
_NAMES = ("as it is", "frozen", "reversed")


def value_lines(found: MotionReport) -> list[str]:
    """Return the values of each variant with their change, means over the windows, as lines."""
    uses = [one.use for one in found.windows]
    unit = found.spec.score_unit
    names = (*_NAMES, f"shuffled (mean of {uses[0].shuffles})")
    means = np.mean([scores_of(use) for use in uses], axis=0)
    lines = [f"{'Explained: ' + label_of(found, uses[0]):28} {'value':>14} {'change':>14}"]
    for name, value in zip(names, means, strict=True):
        change = "" if name == names[0] else f"{value - means[0]:+.4g}"
        lines.append(f"{name:28} {score_text(float(value), unit):>14} {change:>14}".rstrip())
    return lines


def window_lines(found: MotionReport) -> list[str]:
    """Return the values of each window as lines under a heading."""
    unit = found.spec.score_unit
    heads = ("as it is", "frozen", "reversed", "shuffled")
    lines = [f"{'window':6}  {'frames':14} " + " ".join(f"{head:>14}" for head in heads)]
    for one in found.windows:
        values = " ".join(f"{score_text(score, unit):>14}" for score in scores_of(one.use))
        lines.append(f"{one.number:6}  {f'{one.first_frame} to {one.last_frame}':14} {values}")
    return lines


def scores_of(use: MotionUse) -> tuple[float, float, float, float]:
    """Return the scores of the clip as it is, frozen, reversed and shuffled."""
    return use.original, use.frozen, use.reversed, use.shuffled


def label_of(found: MotionReport, use: MotionUse) -> str:
    """Return the name of what is explained."""
    return found.spec.label(use.target or 0)
