"""Choice of what is explained of a model that gives scores for each time step."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QWidget

from engine.types import Step
from gui.widgets.form_widgets import narrow

_USUAL = "As its card says"
_NAMED: tuple[tuple[str, Step], ...] = (("Mean", "mean"), ("Highest of each class", "max"))


class StepChoice(QComboBox):
    """The mean over the steps, the highest score of each class, or one of the steps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps = -1
        narrow(self)
        self.setToolTip("What is explained of the scores that the model gives each time step")
        self.offer(0)

    @property
    def chosen(self) -> Step | None:
        """What is chosen, None for what the card says."""
        step: Step | None = self.currentData()
        return step

    @property
    def is_needed(self) -> bool:
        """True where the model has time steps, or something else than the usual is chosen."""
        return self.count() > 1

    def offer(self, steps: int) -> None:
        """Offer so many steps, none of a model without, keeping the one that was chosen."""
        if steps and steps == self._steps:
            return  # so that an open list stays
        chosen = self.chosen if self.count() else None
        self._steps = steps
        self.clear()
        self.addItem(_USUAL, None)
        if steps:
            for text, step in (*_NAMED, *((f"Step {number}", number) for number in range(steps))):
                self.addItem(text, step)
            self.choose(chosen)

    def choose(self, step: Step | None) -> None:
        """Choose a step, also of a model whose steps are not known yet."""
        texts = {value: text for text, value in _NAMED}
        if step is not None and self.findData(step) < 0:
            self.addItem(texts.get(step, f"Step {step}"), step)
        self.setCurrentIndex(0 if step is None else self.findData(step))
