"""Evidence of windows as analysis.json has it. The steps of all classes are in the arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.evidence.evidence import Bits, Evidence, Verdict
from engine.evidence.summary import ClipEvidence
from engine.store.document import Header, finite, windows_to_list
from engine.types import Float64Array, ModelSpec, Window
from engine.utils.schema import Share, convert, to_plain

STEPS = "log2_steps"
"""Name of the array (W, 4, K) with `Evidence.log2_steps`, nan for windows without evidence."""


@dataclass(frozen=True, slots=True)
class _StoredEvidence:
    """Evidence of a window as analysis.json has it, as far as it is read."""

    share: Share | None
    interval: tuple[Share | None, Share | None]
    still_bits: Bits
    frames_bits: Bits
    order_bits: Bits
    verdict: Verdict
    reason: str
    target: int
    prior: str


def explained_to_list(
    windows: Sequence[Window], evidence: Sequence[Evidence | None], header: Header
) -> list[dict[str, Any]]:
    """Return windows as `windows_to_list` does, each with the evidence that was measured."""
    entries = windows_to_list(windows, header)
    return [
        entry if one is None else entry | {"evidence": evidence_to_dict(one, header.spec)}
        for entry, one in zip(entries, evidence, strict=True)
    ]


def evidence_to_dict(evidence: Evidence, spec: ModelSpec) -> dict[str, Any]:
    """Return evidence as plain values, with the name and the bits of its class for readers."""
    return {
        "share": finite(evidence.share),
        "interval": [finite(end) for end in evidence.interval],
        "still_bits": evidence.still_bits,
        "frames_bits": evidence.frames_bits,
        "order_bits": evidence.order_bits,
        "verdict": evidence.verdict,
        "reason": evidence.reason,
        "target": evidence.target,
        "label": spec.label(evidence.target),
        "class_bits": to_plain(evidence.for_class(evidence.target)),
        "prior": evidence.prior,
    }


def evidence_from_dict(entry: Any, steps: Float64Array) -> Evidence | None:
    """Return the evidence that `evidence_to_dict` was given, with its steps, float64 (4, K).

    Raises
    ------
    ValueError
        If a field is missing, of the wrong type, or out of its range.
    """
    if entry is None:
        return None
    stored = convert(entry, _StoredEvidence, "evidence")
    if not 0 <= stored.target < steps.shape[1]:
        raise ValueError("evidence is of a class that does not exist")
    low, high = stored.interval
    return Evidence(
        share=_or_nan(stored.share),
        interval=(_or_nan(low), _or_nan(high)),
        still_bits=stored.still_bits,
        frames_bits=stored.frames_bits,
        order_bits=stored.order_bits,
        verdict=stored.verdict,
        reason=stored.reason,
        target=stored.target,
        prior=stored.prior,
        log2_steps=np.array(steps, np.float64),
    )


def evidence_from_list(
    entries: list[dict[str, Any]], steps: Float64Array | None
) -> tuple[Evidence | None, ...]:
    """Return the evidence of windows as analysis.json has them.

    Parameters
    ----------
    entries : list of dict
        The windows.
    steps : float64 array, (W, 4, K), or None
        The array `STEPS`; None where none was measured.

    Raises
    ------
    ValueError
        If a field is missing or of the wrong type.
    """
    if steps is None:
        return (None,) * len(entries)
    return tuple(
        evidence_from_dict(entry.get("evidence"), row)
        for entry, row in zip(entries, steps, strict=True)
    )


def steps_array(evidence: Sequence[Evidence | None], classes: int) -> Float64Array | None:
    """Return the steps of all windows, float64 (W, 4, K), or None if none was measured."""
    if not any(evidence):
        return None
    nothing = np.full((4, classes), math.nan)
    return np.stack([nothing if one is None else one.log2_steps for one in evidence])


def clip_to_dict(whole: ClipEvidence | None) -> dict[str, Any] | None:
    """Return the evidence of a clip as plain values."""
    if whole is None:
        return None
    numbers = {"share": finite(whole.share), "interval": [finite(end) for end in whole.interval]}
    return {**to_plain(whole), **numbers}


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
