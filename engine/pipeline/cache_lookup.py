"""Cached analyses of requests: opened when finished, resumed when not.

Apart from `explain_video`: opening a finished analysis takes no torch.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.store import Analysis, CheckpointKey, Header, Resumable
from engine.types import Request


def resumable(request: Request, folder: Path, key: str) -> Resumable:
    """Return the place where a request's analysis is computed and can be resumed.

    Parameters
    ----------
    request : Request
        To explain.
    folder : Path
        Of the analysis.
    key : str
        `engine.pipeline.cache_key.request_key` of the request.
    """
    changed_ns = request.video.stat().st_mtime_ns if request.video.exists() else 0
    return Resumable(folder, CheckpointKey(key, str(request.video.absolute()), changed_ns))


def open_finished(request: Request, folder: Path, key: str) -> Analysis | None:
    """Open the analysis of an equal request if the folder has all of it.

    Parameters as `resumable`.
    """
    analysis = resumable(request, folder, key).finished()
    if analysis is not None:
        analysis.header = _relabelled(analysis.header, request)
    return analysis


def _relabelled(header: Header, request: Request) -> Header:
    """Return the header with the fields of the request that the key leaves out."""
    own = {name: getattr(request, name) for name in ("video", "weights", "labels", "prior")}
    own |= {"preset": request.preset, "sigma": request.sigma}
    return replace(header, request=replace(header.request, **own))
