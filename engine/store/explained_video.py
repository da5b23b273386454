"""The video of an analysis, found from the folder of the analysis and known by its content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.cancel import Check, never
from engine.errors import VideoError
from engine.store.document import Header
from engine.utils.schema import convert
from engine.video import Video, open_requested
from engine.video.content_hash import holds
from engine.video.images.stills import find_stills


def open_explained(header: Header, *, check: Check = never) -> Video:
    """Open the video that was explained.

    Raises
    ------
    VideoError
        If it is gone, or another one.
    """
    path = header.request.video
    check_explained(header, path)
    video = open_requested(header.request, check=check)
    if len(video) < header.stop or video.size != header.size:
        video.close()
        raise _another(path)
    return video


def check_explained(header: Header, path: Path) -> None:
    """Check that a file, folder or pattern has the content of the video that was explained.

    One that more was recorded behind has it too. Analyses of earlier versions do not know it: then
    only that something is there.

    Raises
    ------
    VideoError
        If it is gone, or another one.
    """
    if not _is_there(path):
        raise VideoError(
            f"{path}, the video that was explained, is not where it was.",
            "Put it back in its place, or beside the folder of the analysis.",
        )
    if header.content and not holds(path, header.content):
        raise _another(path)


def with_video(header: Header, path: Path) -> Header:
    """Return a header whose video is at another place.

    Raises
    ------
    VideoError
        As `check_explained`.
    """
    check_explained(header, path)
    return replace(header, request=replace(header.request, video=path))


def found_video(document: Mapping[str, Any], folder: Path) -> Path:
    """Return where the video of an analysis is now.

    Looked for at its place, from the folder of the analysis, beside it, and as it was typed. The
    first with the content that was explained is taken, else the first that is there.

    Parameters
    ----------
    document : mapping
        Of analysis.json.
    folder : Path
        That it lies in.

    Raises
    ------
    KeyError, ValueError
        If a field is missing or of the wrong type.
    """
    typed = convert(document["request"]["video"], Path, "request.video")
    about = document["video"]
    named = [about[name] for name in ("path", "relative") if name in about]
    named = [*convert(named, list[Path], "video"), Path(typed.name), Path("..", typed.name)]
    places = [*(folder / path for path in named), typed]
    there = [path for path in dict.fromkeys(places) if _is_there(path)]
    content = convert(about.get("content", ""), str, "video.content")
    alike = (path for path in there if not content or _holds(path, content))
    return next(alike, there[0] if there else typed)


def _is_there(path: Path) -> bool:
    try:
        return path.exists() or bool(find_stills(path))
    except (OSError, ValueError, VideoError):  # no possible path, or a pattern of nothing
        return False


def _holds(path: Path, content: str) -> bool:
    try:
        return holds(path, content)
    except VideoError:  # unreadable: not what is looked for
        return False


def _another(path: Path) -> VideoError:
    return VideoError(
        f"{path} is not the video that was explained: its content is another.",
        "Put the video back in its place, or explain this one.",
    )
