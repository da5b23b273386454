"""Colours shared by the exported clip and its timeline: those of the window's dark theme."""

from __future__ import annotations

BACKGROUND = "#16181d"
TEXT = "#e8e8ea"
FAINT = "#8b8f98"
GRID = "#3a3e47"
MOTION = "#F0A500"
STATIC = "#4CA3DD"
SCORE = "#3fd0b6"
CURSOR = "#ffffff"


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of "#rrggbb"."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
