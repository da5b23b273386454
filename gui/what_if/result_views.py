"""Views of what-if results: scores, model inputs, relevance in the expected region."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtWidgets import QWidget

from engine.annotations.regions import Region
from engine.types import Float64Array
from engine.what_if.queries import MotionTests, RegionAgreement, WhatIfResult
from gui.widgets.form_widgets import hint_label, vbox
from gui.widgets.picture_strip import PictureStrip
from gui.widgets.plain_text import PlainLabel
from gui.widgets.score_bars import Pair, ScoreBars, percent

_CLASSES = 5


class ResultView(QWidget):
    """Scores of the clip and of the changed clip, and what the model saw of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asked = Region()
        self.verdict = PlainLabel()
        self.verdict.setWordWrap(True)
        self.stale = hint_label("The region has changed since: ask again.")
        self.bars = ScoreBars("Original", "Perturbed")
        self.seen = hint_label()
        self.pictures = PictureStrip()
        vbox(self, self.verdict, self.stale, self.bars, self.seen, self.pictures)

    def show_scores(self, result: WhatIfResult) -> None:
        """Show the classes scored highest in either, in the order of before."""
        self._asked = result.query.region
        before, after = result.probabilities, result.changed_probabilities
        order = _shown(before, after) if result.unit is None else range(len(before))[:_CLASSES]
        pairs = [
            Pair(result.labels[k], float(before[k]), float(after[k]), result.unit) for k in order
        ]
        self.verdict.setText(self._verdict(result, pairs[0]))
        self.bars.show_pairs(pairs)
        share = percent(result.changed_share)
        self.seen.setText(f"What the model saw then, by frame; {share} of it is changed.")
        self.pictures.show_pictures(result.pictures, [str(f) for f in result.picture_frames])
        self.show_region(self._asked)
        self.show()

    def show_region(self, region: Region) -> None:
        """Say whether the result is of the painted region."""
        self.stale.setVisible(region != self._asked)

    def _verdict(self, result: WhatIfResult, top: Pair) -> str:
        points = "" if result.unit is not None else " points"
        text = f"{top.name}: {' becomes '.join(top.texts)}, {top.change}{points}."
        winner = result.labels[int(result.changed_probabilities.argmax())]
        if winner != top.name and result.unit is None:
            text += f" The model says {winner} instead."
        if result.windows > 1:
            text += f" Mean of {result.windows} windows."
        return text


def _shown(before: Float64Array, after: Float64Array) -> list[int]:
    """Return the classes scored highest before or after, in the order of before."""
    reached = np.maximum(before, after)
    reached[before.argmax()] = np.inf  # it is what the verdict is about
    highest = np.sort(np.argsort(-reached, kind="stable")[:_CLASSES])
    return [int(k) for k in highest[np.argsort(-before[highest], kind="stable")]]


class MotionView(QWidget):
    """Scores of one class without the clip's movement, beside those of the original clip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tested = hint_label()
        self.bars = ScoreBars("Original", "Perturbed")
        vbox(self, self.tested, self.bars)

    def show_tests(self, tests: MotionTests) -> None:
        """Show the three tests."""
        names = {"frozen": "Frozen", "reversed": "Reversed", "shuffled": "Shuffled"}
        chances = tests.probabilities
        whole, unit = chances["original"], tests.unit
        pairs = [Pair(name, whole, chances[key], unit) for key, name in names.items()]
        text = (
            f"{'Score of ' if unit is None else ''}{tests.label}: with the middle frame alone, "
            f"backwards, and in random order (mean of {tests.shuffles})."
        )
        if tests.windows > 1:
            text += f" Mean of {tests.windows} windows."
        self.tested.setText(text)
        self.bars.show_pairs(pairs)
        self.show()


class AgreementView(QWidget):
    """Share of the relevance in the expected region, in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.motion, self.relevance, self.area = PlainLabel(), PlainLabel(), hint_label()
        for label in (self.motion, self.relevance):
            label.setWordWrap(True)
        vbox(self, self.motion, self.relevance, self.area)

    def show_agreement(self, agreement: RegionAgreement) -> None:
        """Show mass and rank accuracy with their chance level."""
        self.motion.setText(self._sentence("motion relevance", agreement.motion))
        self.relevance.setText(self._sentence("relevance", agreement.relevance))
        self.area.setText(
            f"By chance it would be {percent(agreement.area)}: your region covers that much of "
            f"what the model sees, over {agreement.frames} frames. The first figure is the mass "
            "accuracy, the second the rank accuracy."
        )
        self.show()

    def _sentence(self, what: str, accuracy: tuple[float, float]) -> str:
        mass, rank = accuracy
        if not math.isfinite(mass):
            return f"There is no {what} on these frames."
        inside = f"{percent(mass)} of the {what} lies in your region"
        return f"{inside}, and {percent(rank)} of its strongest places."
