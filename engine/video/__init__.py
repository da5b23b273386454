"""Video files in and out: exact frames by number, and writers that leave nothing half-written.

No Qt, no torch.
"""

from engine.video.encode import VideoWriter, open_writer
from engine.video.from_request import open_requested
from engine.video.video import CACHE_BYTES, Video, open_video

__all__ = ["CACHE_BYTES", "Video", "VideoWriter", "open_requested", "open_video", "open_writer"]
