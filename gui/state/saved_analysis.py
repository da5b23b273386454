"""Saved analyses of the video that is open."""

from __future__ import annotations

from pathlib import Path

from engine.store import Analysis
from engine.store.explained_video import with_video


def open_of_video(folder: Path, video: Path) -> Analysis:
    """Open a saved analysis to be shown over a video.

    Raises
    ------
    EngineError
        If the folder does not hold a complete analysis, or one of another content.
    """
    analysis = Analysis.open(folder)
    analysis.header = with_video(analysis.header, video)
    return analysis
