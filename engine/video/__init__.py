"""Video files in and out: exact frames by number, and writers that leave nothing half-written.

No Qt, no torch.
"""

from engine.video.requested import open_requested
from engine.video.video import CACHE_BYTES, Video, open_video
from engine.video.writing import VideoWriter, open_writer, remove_leftovers

__all__ = [
    "CACHE_BYTES",
    "Video",
    "VideoWriter",
    "open_requested",
    "open_video",
    "open_writer",
    "remove_leftovers",
]
