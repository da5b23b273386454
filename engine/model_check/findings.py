"""Findings by their level: a word for what was looked at, and the sentence."""

from __future__ import annotations

from engine.types import Finding


def passed(check: str, text: str) -> Finding:
    """Nothing to do."""
    return Finding(check, "pass", text)


def warned(check: str, text: str) -> Finding:
    """It may be meant so, but often is not."""
    return Finding(check, "warn", text)


def failed(check: str, text: str) -> Finding:
    """Results would mislead, or there are none."""
    return Finding(check, "fail", text)
