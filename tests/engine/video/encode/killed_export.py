"""An export in a process that a test kills."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from engine.video import open_writer
from tests.engine.video.numbered import SIZE, numbered_picture

FRAMES = 60


def export_to(connection: Connection, target: Path) -> None:
    """Say that it begins, and write numbered pictures."""
    connection.send("began")
    with open_writer(target, 25, SIZE) as writer:
        for number in range(FRAMES):
            writer.write(numbered_picture(number))
