"""Whether a reference clip gets the scores that the card knows."""

from __future__ import annotations

from engine.errors import EngineError
from engine.model_check.findings import failed, passed
from engine.model_check.forward import logits_of
from engine.models.cards.card import Expected
from engine.models.model import VideoModel
from engine.pipeline.single_clip import clip_at
from engine.types import Finding


def reference_finding(model: VideoModel, expected: Expected) -> Finding:
    """Whether the reference clip gets the scores that the card knows."""
    try:
        logits = logits_of(model, clip_at(model, expected.clip, expected.start).tensor)[0]
    except EngineError as error:
        return failed("expected", f"{error} {error.hint}")
    labels = model.spec.labels
    named = [name for name, _ in expected.scores] + ([expected.top] if expected.top else [])
    strange = [name for name in named if name not in labels]
    if strange:
        return failed("expected", f"[expected] names the class {strange[0]!r}, which is no label.")
    top = labels[int(logits.argmax())]
    if expected.top not in (None, top):
        return failed(
            "expected", f"{expected.clip.name} is scored {top!r} highest, not {expected.top!r}."
        )
    for name, score in expected.scores:
        found = float(logits[labels.index(name)])
        if abs(found - score) > expected.tolerance:
            return failed(
                "expected",
                f"{expected.clip.name} gives {name!r} a logit of {found:.4g}, not {score:.4g}: "
                "preprocessing or weights differ.",
            )
    return passed("expected", f"{expected.clip.name} is scored as the card says.")
