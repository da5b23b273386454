"""Video files out: one writer a format, none of which leaves anything half-written."""

from engine.video.encode.formats import FORMATS, VideoFormat, format_of, open_writer
from engine.video.encode.gif import GifWriter
from engine.video.encode.pictures import PicturesWriter
from engine.video.encode.sound import SoundRange
from engine.video.encode.video_file import Encoder, VideoWriter, WebMWriter
from engine.video.encode.writer import Writer

__all__ = [
    "FORMATS",
    "Encoder",
    "GifWriter",
    "PicturesWriter",
    "SoundRange",
    "VideoFormat",
    "VideoWriter",
    "WebMWriter",
    "Writer",
    "format_of",
    "open_writer",
]
