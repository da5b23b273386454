"""The heavy work as the window knows it: functions that the application hands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.cancel import Check
from engine.metrics import FlowPrecision
from engine.store import Analysis
from engine.types import CardReport, MethodInfo, ModelInfo, Preset, Request
from gui.explain.panel import Estimate
from gui.session.backend import SessionBackend
from gui.state.export_request import ExportBackend
from gui.tasks.jobs import Report
from gui.what_if.backend import WhatIfBackend


@dataclass(frozen=True, slots=True)
class CardField:
    """A key of a model card as the dialog shows it.

    Attributes
    ----------
    name, text : str
        Key, and what it means.
    example : str
        A value.
    is_file : bool
        Whether it names a file.
    choices : tuple of str
        The values it can have; empty where any will do.
    """

    name: str
    text: str
    example: str
    is_file: bool
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardBackend:
    """Making model cards, handed in by the application.

    Attributes
    ----------
    fields : tuple of CardField
        What a card can say.
    check : callable
        (texts by key, video or None, first frame, report, check) -> CardReport; called in a
        worker thread.
    save : callable
        Texts by key -> the model as it is listed from now on.
    trust : callable
        Remembers that the user trusts a file of code.
    """

    fields: tuple[CardField, ...]
    check: Callable[[Mapping[str, str], Path | None, int, Report, Check], CardReport]
    save: Callable[[Mapping[str, str]], ModelInfo]
    trust: Callable[[Path], None]


@dataclass(frozen=True, slots=True)
class Backend:
    """The heavy work, handed in by the application; each is called in a worker thread.

    Attributes
    ----------
    models, methods : mapping
        What can be chosen.
    explain : callable
        (request, report, check) -> Analysis.
    labels : callable
        (model name, weights or None, report, check) -> labels of its classes.
    export : ExportBackend
        Writing what was found.
    cards : CardBackend
        The user's own models.
    estimate : callable
        See `gui.explain.panel.Estimate`; called in the GUI's thread.
    agreement : callable
        (analysis, preset, sigma, report, check) -> FlowPrecision.
    settings : Path
        Folder for what the user has changed: keys, layout.
    log_folder : Path
        Where the log is written.
    device : callable
        () -> what is computed on, in words.
    sessions : SessionBackend
        Sessions beyond one run.
    what_if : WhatIfBackend
        Questions to the model.
    """

    models: Mapping[str, ModelInfo]
    methods: Mapping[str, MethodInfo]
    explain: Callable[[Request, Report, Check], Analysis]
    labels: Callable[[str, Path | None, Report, Check], tuple[str, ...]]
    export: ExportBackend
    cards: CardBackend
    estimate: Estimate
    agreement: Callable[[Analysis, Preset, float, Report, Check], FlowPrecision]
    settings: Path
    log_folder: Path
    device: Callable[[], str]
    sessions: SessionBackend
    what_if: WhatIfBackend
