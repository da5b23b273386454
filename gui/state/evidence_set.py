"""Evidence of an analysis as the window shows it: of the clip, by window and by frame."""

from __future__ import annotations

from dataclasses import dataclass

from engine.evidence.evidence import Evidence
from engine.evidence.summary import ClipEvidence, EvidenceCurves
from engine.store import Analysis


@dataclass(frozen=True, slots=True)
class WindowEvidence:
    """Evidence for the decision on one window, or None where it was not measured.

    Attributes
    ----------
    first, last : int
        Its first and last frame, counted in the video.
    evidence : Evidence or None
    label : str
        Name of the class explained there.
    """

    first: int
    last: int
    evidence: Evidence | None
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class EvidenceSet:
    """Evidence for the decisions on the windows that are explained.

    Attributes
    ----------
    clip : ClipEvidence
        Of all of them together.
    curves : EvidenceCurves
        Frame by frame.
    windows : tuple of WindowEvidence
        In order.
    """

    clip: ClipEvidence
    curves: EvidenceCurves
    windows: tuple[WindowEvidence, ...]

    def at(self, frame: int) -> WindowEvidence | None:
        """Return the window whose middle is nearest to a frame of the video and holds it."""
        holding = [each for each in self.windows if each.first <= frame <= each.last]
        return min(holding, key=lambda w: abs(w.first + w.last - 2 * frame), default=None)


def evidence_of(analysis: Analysis) -> EvidenceSet | None:
    """Return the evidence of an analysis, which may still grow, or None if none was measured."""
    clip = analysis.clip_evidence()
    if clip is None:
        return None
    header = analysis.header
    windows = [
        WindowEvidence(
            int(window.frame_indices[0]) + header.start,
            int(window.frame_indices[-1]) + header.start,
            evidence,
            header.spec.label(window.target),
        )
        for window, evidence in zip(analysis.windows, analysis.evidence, strict=False)
    ]
    return EvidenceSet(clip, analysis.evidence_curves(), tuple(windows))
