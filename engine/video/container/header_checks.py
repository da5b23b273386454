"""Refusal of files whose headers would make FFmpeg spend too much on opening them.

FFmpeg makes tables as long as the file says while it opens it. For most containers it stops
where the file ends; those where it does not are looked at here. All others were tried.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import BinaryIO

from engine.errors import VideoError
from engine.utils.bounded_files import open_regular
from engine.video.container.boxes import claimed_samples
from engine.video.container.limits import Limits
from engine.video.container.picture_size import HEAD_BYTES, claimed_size

_ALWAYS_FINE = 2**20
"""Entries that any file may claim: FFmpeg needs some 40 MB for them."""

_PLAYLIST = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:#EXTM3U|ffconcat\s|\[playlist\]|v=0\r?\n|(?:https?|rtmp|rtsp|mms)://"
    rb"|(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*"
    rb"<(?:asx|MPD|SmoothStreamingMedia|CompositionPlaylist|playlist|smil)\b)",
    re.IGNORECASE | re.DOTALL,
)
_FLASH_TABLE = re.compile(rb"\x00(?:\x05times|\x0dfilepositions)\x0a(?P<count>.{4})", re.DOTALL)


def refuse_absurd_claims(path: Path, limits: Limits) -> None:
    """Refuse playlists, and files that would cost too much to open.

    Reads headers only: microseconds for most files.

    Parameters
    ----------
    path : Path
        An existing file.
    limits : Limits
        What is still opened.

    Raises
    ------
    VideoError
        If the file claims pictures or a number of frames over the limits, or more frames than
        its length allows, or is a playlist.
    OSError
        If it cannot be read.
    """
    size = path.stat().st_size
    with open_regular(path) as file:
        head = file.read(HEAD_BYTES)
        _refuse_playlist(path, head)
        limits.refuse_pixels(path, *(claimed_size(head) or (0, 0)))
        entries = _claimed_entries(file, head, size)
    limits.refuse_frames(path, entries)
    if entries > max(size, _ALWAYS_FINE):
        raise VideoError(
            f"{path} claims {entries:,} frames; the limit for a file of {size:,} bytes is "
            f"{max(size, _ALWAYS_FINE):,} frames.",
            "The file is damaged, or was not copied completely.",
        )


def _refuse_playlist(path: Path, head: bytes) -> None:
    if _PLAYLIST.match(head):
        raise VideoError(
            f"{path} is a playlist, not a video.", "Open the video files that it names."
        )


def _claimed_entries(file: BinaryIO, head: bytes, size: int) -> int:
    if head.startswith(b"FLV"):
        tables = _FLASH_TABLE.finditer(head)
        return sum(struct.unpack(">I", table["count"])[0] for table in tables)
    if head.startswith((b"SMK2", b"SMK4")) and len(head) >= 16:
        return int.from_bytes(head[12:16], "little")
    return claimed_samples(file, size)
