"""Requests and the folders that keep their analyses: opened when finished, resumed when not.

Apart from `engine.pipeline`: to open what is finished takes no torch.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.pipeline.cache_key import request_key
from engine.store import Analysis, CheckpointKey, Header, Resumable
from engine.types import Request


def resumable(request: Request, folder: Path) -> Resumable | None:
    """Where a request's analysis is computed so that it can be resumed; None if it cannot be.

    Raises
    ------
    EngineError
        As `request_key`.
    """
    key = request_key(request)
    if key is None:
        return None
    changed_ns = request.video.stat().st_mtime_ns if request.video.exists() else 0
    return Resumable(folder, CheckpointKey(key, str(request.video.absolute()), changed_ns))


def open_finished(request: Request, folder: Path) -> Analysis | None:
    """The analysis of an equal request, if it lies finished and whole in a folder.

    Raises
    ------
    EngineError
        As `request_key`.
    """
    kept = resumable(request, folder)
    analysis = None if kept is None else kept.finished()
    if analysis is not None:
        analysis.header = _as_asked(analysis.header, request)
    return analysis


def _as_asked(header: Header, request: Request) -> Header:
    """The header of an equal request's analysis, with what of the request may differ."""
    own = {name: getattr(request, name) for name in ("video", "weights", "labels")}
    own |= {"preset": request.preset, "sigma": request.sigma}
    return replace(header, request=replace(header.request, **own))
