"""The heavy work as the window knows it: functions that the application hands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.cancel import Check
from engine.store import Analysis
from engine.types import MethodInfo, ModelInfo, Request
from gui.exporter import Export
from gui.jobs import Report


@dataclass(frozen=True, slots=True)
class Services:
    """The heavy work, handed in by the application; each is called in a worker thread.

    Attributes
    ----------
    models, methods : mapping
        What can be chosen.
    explain : callable
        (request, report, check) -> Analysis.
    labels : callable
        (model name, weights or None, report, check) -> labels of its classes.
    export : callable
        (analysis, path, preset, sigma, opacity, report, check) -> Path.
    """

    models: Mapping[str, ModelInfo]
    methods: Mapping[str, MethodInfo]
    explain: Callable[[Request, Report, Check], Analysis]
    labels: Callable[[str, Path | None, Report, Check], tuple[str, ...]]
    export: Export
