"""Evidence in sentences, the same in the window, on the command line and in pictures. No torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.evidence.evidence import Verdict
from engine.evidence.summary import ClipEvidence

_MOST_LABELS = 8

VERDICTS: dict[Verdict, str] = {
    "movement": "The model looked at the movement",
    "several pictures": "The model looked at several pictures, not at their order",
    "one picture": "One picture is enough for the model",
    "mixed": "The model looked at pictures and at the movement",
    "cannot tell": "Cannot tell what the model looked at",
}
"""Verdicts as the begin of a sentence."""


def verdict_sentence(whole: ClipEvidence) -> str:
    """Return the verdict on a clip in one sentence, with share, interval and bits."""
    verdict = VERDICTS[whole.verdict]
    if not whole.is_told:
        return f"{verdict} ({bits_text(whole.parts)}). {whole.reason}"
    share = share_text(whole.share, whole.interval)
    return f"{verdict}: {share} of the evidence is movement ({bits_text(whole.parts)})."


def basis_sentence(whole: ClipEvidence) -> str:
    """Return what the verdict is of: model, classes, windows and prior."""
    windows = "1 window" if whole.windows == 1 else f"{whole.windows} windows"
    return f"{whole.model}, {labels_text(whole.labels)}, {windows}, counted from {whole.prior}"


def share_text(share: float, interval: tuple[float, float]) -> str:
    """Return a share with its interval, "83% (63% to 100%)", or "-" where it is nan."""
    if not math.isfinite(share):
        return "-"
    return f"{share:.0%} ({interval[0]:.0%} to {interval[1]:.0%})"


def bits_text(parts: tuple[float, float, float]) -> str:
    """Return bits of one picture, several pictures and movement, the last one first."""
    still, several, order = parts
    return (
        f"{order:.1f} bits from movement, {several:.1f} from several pictures, "
        f"{still:.1f} from one picture"
    )


def labels_text(labels: Sequence[str], most: int = _MOST_LABELS) -> str:
    """Return the first names of classes, and how many more there are."""
    more = len(labels) - most
    return ", ".join(labels[:most]) + (f" and {more} more" if more > 0 else "")
