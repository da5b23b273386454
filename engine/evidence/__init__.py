"""What a decision rests on, in bits: one picture, several pictures, movement."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from engine.evidence.evidence import ClassBits, Evidence, Verdict
from engine.evidence.maps_result import EvidenceMaps
from engine.evidence.prior import Prior, kept_prior, load_prior, save_prior

if TYPE_CHECKING:
    from engine.evidence.decision import decision_evidence
    from engine.evidence.maps import evidence_maps

__all__ = [
    "ClassBits",
    "Evidence",
    "EvidenceMaps",
    "Prior",
    "Verdict",
    "decision_evidence",
    "evidence_maps",
    "kept_prior",
    "load_prior",
    "save_prior",
]

_NEED_TORCH = {"decision_evidence": "decision", "evidence_maps": "maps"}


def __getattr__(name: str) -> Any:
    """Import a name that needs torch when it is first asked for (PEP 562)."""
    if name not in _NEED_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_NEED_TORCH[name]}"), name)
