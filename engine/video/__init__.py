"""Video files in and out: exact frames by number, and an encoder that leaves nothing half-written.

No Qt, no torch.
"""

from engine.video.encode import VideoWriter
from engine.video.video import CACHE_BYTES, Video, open_video

__all__ = ["CACHE_BYTES", "Video", "VideoWriter", "open_video"]
