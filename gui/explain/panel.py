"""The Explain panel: model, method, class, range and the run bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from engine.descriptions import MethodInfo, ModelInfo
from engine.types import Float64Array, Progress, Request
from engine.utils.durations import duration_text
from gui.backend import Estimate
from gui.explain.class_search import FIRST_VALUE, ClassSearch
from gui.explain.evidence_choice import EvidenceChoice
from gui.explain.frame_range import FrameRange
from gui.explain.method_card import MethodCard, card_text
from gui.explain.method_options import MethodOptions
from gui.explain.missing import Missing, failure_of, missing_method, missing_model
from gui.explain.model_choice import ModelChoice
from gui.explain.run_bar import RunBar
from gui.explain.step_choice import StepChoice
from gui.widgets.form_widgets import (
    PANEL_MARGINS,
    Form,
    WheelGuard,
    aligned,
    choose_even_unknown,
    narrow,
    scrolled,
    vbox,
)

_SCROLL_BAR_PX = 10


def _unknown(*_: object) -> None:
    """Return None: no estimate."""


class ExplainPanel(QWidget):
    """The settings, which scroll, and the one primary button, which does not.

    Parameters
    ----------
    models, methods : mapping
        What can be chosen.
    estimate : callable
        See `gui.backend.Estimate`. Called in this thread after each change, so it must be quick.

    Signals
    -------
    explain_requested(request), cancel_requested(), model_changed(), add_model_requested()
    changed()
        Something else would be explained now, or it may be known by now how long that takes.
    """

    explain_requested = Signal(object)
    cancel_requested = Signal()
    model_changed = Signal()
    add_model_requested = Signal()
    changed = Signal()

    def __init__(
        self,
        models: Mapping[str, ModelInfo],
        methods: Mapping[str, MethodInfo],
        *,
        estimate: Estimate = _unknown,
    ) -> None:
        super().__init__()
        self._methods, self._estimate, self._fps = methods, estimate, 0.0
        self._carried = Request(Path())
        self._make_parts(models)
        self._lay_out()
        self._guard = WheelGuard(self)
        self._guard.watch(self)
        self._connect()
        self._on_method_changed()
        self._on_target_changed()

    @property
    def weights(self) -> Path | None:
        """The user's own weights, if any."""
        return self.model_choice.weights

    def settings(self) -> Request:
        """Return what is chosen, as a request that names no video yet.

        What a session holds besides, and no widget shows, is in it as it was.
        """
        target = self.target.chosen()
        return replace(
            self._carried,
            video=Path(),
            model=self.model_choice.model.currentData(),
            weights=self.weights,
            method=self.method.currentData(),
            target=target,
            frames=self.frames.frames,
            options=self.options.values(),
            against=None if target is None else self.against.chosen(),
            evidence=self.evidence.chosen,
            prior=self.evidence.prior,
            step=self.step.chosen,
            keep_cuts=self.keep_cuts.isChecked(),
            input=self.model_choice.input.currentData(),
        )

    def set_settings(self, settings: Request) -> None:
        """Restore settings as they are, also those that name what is not here: see `missing`."""
        self.model_choice.choose_model(settings.model)
        self.model_choice.use_weights(settings.weights)
        self.model_choice.choose_input(settings.input)
        choose_even_unknown(self.method, settings.method, settings.method)
        self.options.set_values(settings.options)
        self.target.choose(settings.target)
        self.against.choose(settings.against)
        self._carried = replace(
            Request(Path()),
            labels=settings.labels,
            device=settings.device,
            overlap=settings.overlap,
        )
        self.evidence.choose(settings.evidence, settings.prior)
        self.step.choose(settings.step)
        self._show_step()
        self.keep_cuts.setChecked(settings.keep_cuts)
        self.frames.choose(settings.frames)

    def missing(self) -> tuple[Missing, ...]:
        """Return the chosen settings that name what is not here, and so cannot be explained."""
        settings = self.settings()
        choices = [
            missing_model(settings.model, self.model_choice.models),
            self.model_choice.missing_input(),
        ]
        if settings.labels is None:  # else the classes are those of the file
            choices += [self.target.missing(), self.against.missing()]
        found = tuple(one for one in choices if one is not None)
        return *found, *self._missing_of_method(settings.method)

    def set_video(self, frame_count: int, fps: float = 0.0) -> None:
        """Offer the frames of a video. Without its frames/s there is no estimate."""
        self._fps = fps
        self._carried = Request(Path())
        self.bar.explain.setEnabled(frame_count > 0)
        self.frames.set_count(frame_count)
        self.target.show_scores(None)
        self.against.show_scores(None)
        self._show_expected()

    def extend_video(self, frame_count: int) -> None:
        """Offer more frames of the same video, keeping a chosen end."""
        self.frames.extend(frame_count)

    def set_labels(self, labels: tuple[str, ...], *, values: bool = False) -> None:
        """Offer the classes of a model, or its values, keeping a chosen one that it has."""
        self.target.set_labels(labels, FIRST_VALUE if values else None)
        self.against.set_labels(labels)
        self._show_expected()  # what the model takes of a video is known with its labels

    def offer_steps(self, steps: int) -> None:
        """Offer the time steps that the model gives scores for, 0 for one without."""
        self.step.offer(steps)
        self._show_step()

    def add_model(self, model: ModelInfo) -> None:
        """List a model, in place of one of the same name, and choose it."""
        self.model_choice.add_model(model)

    def choose_target(self, label: str) -> None:
        """Choose a class and explain it."""
        self.target.setCurrentText(label)
        self._on_bar_started()

    def show_scores(self, probabilities: Float64Array | None, unit: str | None = None) -> None:
        """Show class probabilities at the playhead, float64 (K,), or values in a unit, or None."""
        self.target.show_scores(probabilities, unit)
        self.against.show_scores(probabilities, unit)

    def show_busy(self, busy: bool) -> None:
        """Turn between Explain and Cancel."""
        self.bar.show_busy(busy)
        if not busy:
            self.model_choice.show_downloads()
        self._show_expected()  # a run that has ended has measured

    def show_cached(self) -> None:
        """Show, until something changes, that what would be explained is in the cache."""
        known = self._estimated()
        count = "" if known is None else f"{_count_text(known[0])}, "
        self.bar.show_idle(f"{count}in cache: shown at once".capitalize())

    def show_progress(self, progress: Progress) -> None:
        """Show stage, windows done and time left."""
        self.bar.show_progress(progress)

    def _missing_of_method(self, method: str) -> tuple[Missing, ...]:
        return self.options.missing() if method in self._methods else (missing_method(method),)

    def _make_parts(self, models: Mapping[str, ModelInfo]) -> None:
        self.model_choice = ModelChoice(models)
        self.method = narrow(QComboBox())
        self._offer_methods()
        self.card, self.options = MethodCard(), MethodOptions()
        self.target, self.evidence = ClassSearch(), EvidenceChoice()
        self.against, self.step = ClassSearch("None"), StepChoice()
        self.frames = FrameRange()
        self.first, self.last = self.frames.first, self.frames.last
        self.keep_cuts = QCheckBox("Count windows across cuts")
        self.keep_cuts.setToolTip(
            "Windows that cross a shot cut are left out of the clip's numbers otherwise"
        )
        self.bar = RunBar()

    def _offer_methods(self) -> None:
        """List the methods by family, each with its card as a tooltip."""
        family = ""
        for method in self._methods.values():
            if family and method.family != family:
                self.method.insertSeparator(self.method.count())
            family = method.family
            self.method.addItem(method.title, method.name)
            last = self.method.count() - 1
            self.method.setItemData(last, card_text(method), Qt.ItemDataRole.ToolTipRole)
        self.method.setMaxVisibleItems(self.method.count())

    def _lay_out(self) -> None:
        rows = Form()
        rows.add_wide(self.model_choice)
        rows.add("Method", self.method)
        rows.add_wide(self.card)
        rows.add_wide(self.options)
        rows.add("Class", self.target)
        rows.add("Contrast with", self.against)
        rows.add("Time step", self.step)
        self._step_name = rows.names[-1]
        self._show_step()
        rows.add("Evidence", self.evidence)
        rows.add("Frames", self.frames)
        rows.add("Shot cuts", self.keep_cuts)
        aligned(rows, self.model_choice.form)
        content = QWidget()
        content.setObjectName("panel")
        vbox(content, rows, margins=(0, 0, _SCROLL_BAR_PX, 0)).addStretch(1)
        area = scrolled(content)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        vbox(self, area, self.bar, margins=PANEL_MARGINS).setStretchFactor(area, 1)

    def _connect(self) -> None:
        self.bar.started.connect(self._on_bar_started)
        self.bar.cancelled.connect(self.cancel_requested)
        self.model_choice.changed.connect(self._on_model_choice_changed)
        self.model_choice.add_requested.connect(self.add_model_requested)
        self.method.currentIndexChanged.connect(self._on_method_changed)
        self.options.changed.connect(self._show_expected)
        self.evidence.changed.connect(self._show_expected)
        self.target.currentTextChanged.connect(self._on_target_changed)
        self.frames.changed.connect(self._show_expected)
        chosen = self.model_choice.changed, self.method.currentIndexChanged, self.options.changed
        classes = self.target.currentTextChanged, self.against.currentTextChanged
        rest = self.evidence.changed, self.step.currentIndexChanged, self.keep_cuts.toggled
        for change in (*chosen, *classes, *rest, self.frames.changed):
            change.connect(self.changed)

    def _show_step(self) -> None:
        for part in (self._step_name, self.step):
            part.setVisible(self.step.is_needed)

    @Slot()
    def _on_bar_started(self) -> None:
        self.explain_requested.emit(self.settings())

    @Slot()
    def _on_model_choice_changed(self) -> None:
        self.show_scores(None)
        self.offer_steps(0)
        for classes in (self.target, self.against):
            classes.let_go()
        self._carried = replace(self._carried, labels=None)
        self.evidence.use_prior(None)  # another model's means nothing to this one
        self._show_expected()
        self.model_changed.emit()

    @Slot()
    def _on_method_changed(self) -> None:
        method = self._methods.get(self.method.currentData())
        if method is None:
            self.card.show_unknown(self.method.currentData())
        else:
            self.card.show_method(method)
        self.options.set_method(method)
        self._guard.watch(self.options)

    @Slot()
    def _on_target_changed(self) -> None:
        """Offer a class to compare with only where one is chosen to explain."""
        chosen = self.target.chosen() is not None
        self.against.setEnabled(chosen)
        why = "Explain what speaks for the class and not for this one"
        self.against.setToolTip(why if chosen else "Choose a class first")

    @Slot()
    def _show_expected(self) -> None:
        """Show what Explain will do, with the estimated windows and time."""
        if not self.bar.explain.isEnabled():
            self.bar.show_idle("Open a video to explain it.")
            return
        self.bar.show_frames(self.frames.frames, whole=self.frames.part is None)
        missing = self.missing()
        if missing:
            self.bar.show_idle(failure_of(missing).message)
            return
        known = self._estimated()
        self.bar.show_idle("" if known is None else self._expected_text(*known))
        self.changed.emit()

    def _estimated(self) -> tuple[int, float | None] | None:
        settings, (start, stop) = self.settings(), self.frames.frames
        of = settings.model, settings.weights, stop - start, self._fps, settings.method
        return self._estimate(*of)

    def _expected_text(self, windows: int, seconds: float | None) -> str:
        count = _count_text(windows)
        if seconds is None:
            return f"{count}. The first window tells how long it takes."
        text = f"{count}, about {duration_text(seconds)}"
        return f"{text} with the default options" if self.options.values() else text


def _count_text(windows: int) -> str:
    return "1 window" if windows == 1 else f"{windows} windows"
