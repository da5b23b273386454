"""The verdict with its numbers: what the decisions on a clip rest on."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.evidence.summary import ClipEvidence
from gui.explain.bits_bars import BitsBars
from gui.state.evidence_set import EvidenceSet, WindowEvidence
from gui.state.evidence_words import bits_text, verdict_sentence
from gui.widgets.form_widgets import hint_label, link_button, notice_label, vbox
from gui.widgets.hint_link import HintLink
from gui.widgets.plain_text import PlainLabel

_NOT_YET = "Explain the video to see whether it is decided by movement or by the picture."
_NONE = (
    "This analysis has no evidence: it was made without. Set Evidence to quick or full in the "
    "Explain panel, and explain the video again."
)
_OF_VALUES = (
    "This model gives values. Evidence is counted in bits of probabilities, so there is no "
    "verdict; What if shows its values for the clip frozen, reversed and shuffled."
)


class EvidenceView(QWidget):
    """Verdict with reason and advice, bits, what they are of, and the window at the playhead."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._set: EvidenceSet | None = None
        self.verdict, self.reason = PlainLabel(), PlainLabel()
        self.verdict.setObjectName("verdict")
        for label in (self.verdict, self.reason):
            label.setWordWrap(True)
        self.bars, self.here = BitsBars(), hint_label()
        self.about = HintLink("How it is counted", "evidence")
        self.tests = link_button("Freeze, reverse, shuffle")
        self.tests.setToolTip("Ask the model about the clip without its movement, in What if")
        self.advice = notice_label()
        verdict = (self.verdict, self.reason, self.tests, self.advice)
        vbox(self, *verdict, self.bars, self.here, self.about, spacing=6)
        self.clear()

    def clear(self) -> None:
        """Say what to do before there is an analysis."""
        self._show_nothing(_NOT_YET)
        self.tests.hide()

    def show_clip(self, evidence: EvidenceSet | None, *, values: bool = False) -> None:
        """Show the evidence of a clip, or how to get it. For values there is none."""
        self.tests.show()
        if evidence is None:
            self._show_nothing(_OF_VALUES if values else _NONE)
            return
        self._set, clip = evidence, evidence.clip
        self.verdict.setText(_unbroken(verdict_sentence(clip)))
        self.verdict.show()
        self.reason.setText(clip.reason)
        label = clip.labels[0] if len(clip.labels) == 1 else "its class"
        self.bars.show_evidence(clip, clip.class_bits, label)
        self.bars.show()
        self.about.say(_about(clip))
        self.about.show()

    def show_frame(self, frame: int) -> None:
        """Show the window at the playhead."""
        window = None if self._set is None else self._set.at(frame)
        self.here.setVisible(window is not None)
        if window is not None:
            self.here.setText(_of_window(window))

    def _show_nothing(self, text: str) -> None:
        self._set = None
        self.reason.setText(text)
        for part in (self.verdict, self.bars, self.here, self.about):
            part.hide()


def _unbroken(text: str) -> str:
    """Keep an interval in one line."""
    before, bracket, interval = text.replace(" %", "\u00a0%").partition("(")
    return before + bracket + interval.replace(" ", "\u00a0")


def _about(clip: ClipEvidence) -> str:
    windows = "1 window" if clip.windows == 1 else f"{clip.windows} windows together"
    return f"Verdict of {windows}. Prior: {clip.prior}."


def _of_window(window: WindowEvidence) -> str:
    where = f"At the playhead, frames {window.first} to {window.last}"
    evidence = window.evidence
    if evidence is None:
        return f"{where}: not measured."
    sentence = _unbroken(verdict_sentence(evidence))
    if not evidence.is_told:
        return f"{where}: {sentence}. {evidence.reason}"
    bits = " + ".join(
        bits_text(part) for part in (evidence.order_bits, evidence.frames_bits, evidence.still_bits)
    )
    own = bits_text(evidence.for_class(evidence.target).total, signed=True)
    return f"{where}: {sentence}; {bits} bits, {own} for {window.label}."
