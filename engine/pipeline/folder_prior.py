"""A model's prior from stills of a folder's videos."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.cancel import Check, never
from engine.errors import ModelError, VideoError
from engine.evidence import Prior
from engine.evidence.stills import stills_prior
from engine.evidence.variants import still_frames
from engine.models import VideoModel
from engine.types import Progress, Report, UInt8Array, unreported
from engine.video import open_video

log = logging.getLogger(__name__)

STILLS = 64
"""Stills wanted in all."""

MOST_VIDEOS = 200
"""More videos than this are skipped, evenly: a mean over so many stills does not move."""


@dataclass
class _Read:
    """Counts of what was read."""

    stills: int = 0
    videos: int = 0
    failed: list[str] = field(default_factory=list)


def videos_prior(
    model: VideoModel,
    videos: Sequence[Path],
    *,
    stills: int | None = None,
    report: Report = unreported,
    check: Check = never,
) -> Prior:
    """Return the prior of a model from stills of videos, evenly spread in each.

    Parameters
    ----------
    model : VideoModel
    videos : sequence of Path
        Those that cannot be read are left out.
    stills : int or None
        Of each video, >= 1; None takes as many as make `STILLS` in all.
    report, check : callable
        Progress, a unit a video; raises `Cancelled` to stop.

    Raises
    ------
    ModelError
        If fewer than two videos could be read: a video's own stills are no prior for it.
    """
    chosen = spread(videos, MOST_VIDEOS)
    each = stills or max(1, -(-STILLS // max(len(chosen), 1)))
    read = _Read()
    pictures = _pictures(chosen, each, read, report, check)
    prior = stills_prior(model, pictures, "", check=check)
    if read.videos < 2:
        raise ModelError(
            f"A prior needs stills of several videos, but {read.videos} could be read.",
            read.failed[0] if read.failed else "Give a folder of videos.",
        )
    return Prior(prior.logits, f"{read.stills} stills of {read.videos} videos")


def spread(items: Sequence[Path], most: int) -> list[Path]:
    """Return so many of the items at most, evenly spread."""
    if len(items) <= most:
        return list(items)
    return [items[place] for place in still_frames(len(items), most)]


def _pictures(
    videos: Iterable[Path], each: int, read: _Read, report: Report, check: Check
) -> Iterator[UInt8Array]:
    paths = list(videos)
    for number, path in enumerate(paths):
        check()
        report(Progress("Reading stills", number, len(paths)))
        try:
            with open_video(path) as video:
                for frame in still_frames(len(video), each):
                    yield video[frame]
                    read.stills += 1
        except VideoError as error:
            log.warning("%s is left out of the prior: %s", path, error)
            read.failed.append(f"{path.name} was left out: {error}")
            continue
        read.videos += 1
    report(Progress("Reading stills", len(paths), len(paths)))
