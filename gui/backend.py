"""The heavy work as the window knows it: functions that the application hands in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from engine.annotations.regions import Region
from engine.cancel import Check
from engine.descriptions import CardReport, MethodInfo, ModelInfo
from engine.errors import UntrustedCode
from engine.metrics import FlowPrecision
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import Preset, Report, Request, UInt8Array
from engine.what_if.checks import FreezeCheck, SeparatedMap, StillSplit
from engine.what_if.queries import MotionTests, RegionAgreement, Scope, WhatIfQuery, WhatIfResult
from gui.state.export_request import ExportRequest
from gui.state.results import Result
from gui.state.session_file import SessionFile
from gui.state.video_info import VideoRequest

Explain = Callable[[Request, int, Report, Check], Analysis]
"""(request, frame at the playhead, report, check) -> the analysis of all of the request. Windows
from the playhead on may come first, reported as an analysis of their own."""
Estimate = Callable[[str, Path | None, int, float, str], tuple[int, float | None] | None]
"""(model, weights, frames, fps, method) -> windows and seconds, as far as they are known."""
Write = Callable[[Analysis, ExportRequest, Report, Check], Path]
Preview = Callable[[Analysis, ClipSettings, tuple[int, int], int, Report, Check], UInt8Array]


@dataclass(frozen=True, slots=True)
class ExportBackend:
    """Writing of exports, each called in a worker thread.

    Attributes
    ----------
    write : callable
        (analysis, request, report, check) -> Path that was written.
    preview : callable
        (analysis, look, frames, frame, report, check) -> one picture of the clip as it would be,
        uint8 RGB (H, W, 3).
    has_sound : callable
        Video path -> whether it has sound.
    """

    write: Write
    preview: Preview
    has_sound: Callable[[Path], bool]


@dataclass(frozen=True, slots=True)
class Recoverable:
    """A session that a process left open when it died.

    Attributes
    ----------
    path : Path
        The autosave file.
    session : SessionFile
        What was open.
    saved_s : float
        Time of the autosave, in seconds since 1970.
    saved_as : Path or None
        The session file of the user that it belongs to.
    """

    path: Path
    session: SessionFile
    saved_s: float
    saved_as: Path | None


@dataclass(frozen=True, slots=True)
class RecentFile:
    """A video or session that was open.

    Attributes
    ----------
    path : Path
    is_there : bool
        True if it still exists.
    """

    path: Path
    is_there: bool


class AutosaveBackend(Protocol):
    """The autosave file of this process."""

    def save(self, session: SessionFile | None, saved_as: Path | None = None) -> Path | None:
        """Save from any thread. Return the file if it holds the session."""

    def close(self) -> None:
        """Remove the file."""


class RecentBackend(Protocol):
    """The files last opened, the newest first."""

    def entries(self) -> Sequence[RecentFile]:
        """Return all files."""

    def add(self, path: Path) -> None:
        """Put a file first."""

    def remove(self, path: Path) -> None:
        """Take a file off the list."""

    def clear(self) -> None:
        """Empty the list."""


@dataclass(frozen=True, slots=True)
class SessionBackend:
    """Sessions beyond one run, handed in by the application.

    Attributes
    ----------
    autosave : AutosaveBackend
    recent : RecentBackend
    lost : callable
        () -> sessions of dead processes, the newest first.
    forget : callable
        Removes one of `lost`.
    relink : callable
        (session, folders, check) -> where its video lies now, or None; called in a worker thread.
    difference : callable
        (session, video) -> a sentence if the video is another one, or None; in a worker thread.
    """

    autosave: AutosaveBackend
    recent: RecentBackend
    lost: Callable[[], Sequence[Recoverable]]
    forget: Callable[[Recoverable], None]
    relink: Callable[[SessionFile, Sequence[Path], Check], Path | None]
    difference: Callable[[SessionFile, Path], str | None]


@dataclass(frozen=True, slots=True)
class ResultBackend:
    """Analyses that are kept by the application, each callable called in a worker thread.

    Attributes
    ----------
    listed : callable
        (video, check) -> the results of a video, known by its content.
    open : callable
        (folder, video) -> Analysis.
    rename : callable
        (folder, name) -> True.
    remove : callable
        Folder -> whether it was removed; one in use is not.
    """

    listed: Callable[[VideoRequest, Check], Sequence[Result]]
    open: Callable[[Path, Path], Analysis]
    rename: Callable[[Path, str], bool]
    remove: Callable[[Path], bool]


@dataclass(frozen=True, slots=True)
class WhatIfBackend:
    """What-if queries, each called in a worker thread, all but `agreement` in the same one.

    Attributes
    ----------
    ask : callable
        (request, query, frame at the playhead, report, check) -> WhatIfResult.
    motion_tests : callable
        (request, scope, frame at the playhead, report, check) -> MotionTests.
    agreement : callable
        (analysis, region, preset, sigma, check) -> RegionAgreement.
    freezing : callable
        (request of the analysis, map, scope, frame at the playhead, report, check) -> FreezeCheck.
    still_split : callable
        (request, frame at the playhead, report, check) -> StillSplit.
    """

    ask: Callable[[Request, WhatIfQuery, int, Report, Check], WhatIfResult]
    motion_tests: Callable[[Request, Scope, int, Report, Check], MotionTests]
    agreement: Callable[[Analysis, Region, Preset, float, Check], RegionAgreement]
    freezing: Callable[[Request, SeparatedMap, Scope, int, Report, Check], FreezeCheck]
    still_split: Callable[[Request, int, Report, Check], StillSplit]


@dataclass(frozen=True, slots=True)
class CardField:
    """A key of a model card as the dialog shows it.

    Attributes
    ----------
    name, text : str
        Key and its meaning.
    example : str
        A value.
    is_file : bool
        True if it names a file.
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
    """Model cards of the user: made, checked and trusted.

    Attributes
    ----------
    fields : tuple of CardField
        Keys of a card.
    check : callable
        (texts by key, video or None, first frame, report, check) -> CardReport; called in a
        worker thread.
    save : callable
        Texts by key -> the model as it is listed from now on.
    trust : callable
        Remembers that the user trusts code as it was shown, or the address of a server.
    """

    fields: tuple[CardField, ...]
    check: Callable[[Mapping[str, str], Path | None, int, Report, Check], CardReport]
    save: Callable[[Mapping[str, str]], ModelInfo]
    trust: Callable[[UntrustedCode | str], None]


@dataclass(frozen=True, slots=True)
class Backend:
    """The heavy work, each callable called in a worker thread.

    Attributes
    ----------
    models, methods : mapping
        The models and methods to choose from.
    explain : callable
        See `Explain`.
    is_cached : callable
        Request -> whether it is explained already.
    labels : callable
        (model name, weights or None, report, check) -> labels of its classes.
    export : ExportBackend
        Writing analyses.
    cards : CardBackend
        The user's own models.
    estimate : callable
        See `Estimate`; called in the GUI's thread.
    agreement : callable
        (analysis, preset, sigma, report, check) -> FlowPrecision.
    settings : Path
        Folder of the user's keys and layout.
    log_folder : Path
        Folder of the log.
    device : callable
        () -> what is computed on, in words.
    sessions : SessionBackend
        Sessions beyond one run.
    what_if : WhatIfBackend
        Queries to the model.
    results : ResultBackend
        Analyses that are kept.
    """

    models: Mapping[str, ModelInfo]
    methods: Mapping[str, MethodInfo]
    explain: Explain
    is_cached: Callable[[Request], bool]
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
    results: ResultBackend
