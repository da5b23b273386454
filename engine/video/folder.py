"""The videos of a folder, by the endings of their names."""

from __future__ import annotations

from pathlib import Path

from engine.errors import VideoError

VIDEO_SUFFIXES = (
    ".3gp", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg",
    ".mts", ".mxf", ".ogv", ".ts", ".webm", ".wmv",
)  # fmt: skip
"""Endings of the files of a folder that are taken for videos."""


def videos_below(folder: Path) -> list[Path]:
    """Return the videos of a folder and those below it, sorted.

    Raises
    ------
    VideoError
        If there is no such folder, or no video in it.
    """
    if not folder.is_dir():
        raise VideoError(f"{folder} is not a folder.", "Give a folder of videos.")
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in VIDEO_SUFFIXES)
    if not found:
        raise VideoError(
            f"There is no video in {folder}.",
            "Give a folder of videos, or of folders named after the classes.",
        )
    return found
