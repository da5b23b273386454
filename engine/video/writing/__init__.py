"""Video files out: one writer a format, none of which leaves anything half-written."""

from engine.video.writing.encoded import Encoder, VideoWriter, WebMWriter
from engine.video.writing.formats import FORMATS, WITH_SOUND, Format, format_of, open_writer
from engine.video.writing.gif import GifWriter
from engine.video.writing.pictures import PicturesWriter
from engine.video.writing.sound import SoundRange
from engine.video.writing.target import Unfinished, remove_leftovers
from engine.video.writing.writer import Writer

__all__ = [
    "FORMATS",
    "WITH_SOUND",
    "Encoder",
    "Format",
    "GifWriter",
    "PicturesWriter",
    "SoundRange",
    "Unfinished",
    "VideoWriter",
    "WebMWriter",
    "Writer",
    "format_of",
    "open_writer",
    "remove_leftovers",
]
