"""Opening and reading a video that must stay what it was when it was opened."""

from __future__ import annotations

from av.video.frame import VideoFrame

from engine.cancel import Check
from engine.types import Report
from engine.video.container.source import Stream
from engine.video.container.stamp import FileStamp, unchanged
from engine.video.decode.reader import Seen
from engine.video.images.open_images import OpenedPictures, open_pictures
from engine.video.scan.open_index import FrameSource, OpenedStream, Verify, open_stream


def open_unchanged(
    stream: Stream, fps: float | None, verify: Verify, check: Check, report: Report
) -> tuple[OpenedPictures | OpenedStream, UnchangedReader]:
    """Open pictures or a stream, and return it with the reader of its frames.

    Raises
    ------
    VideoError
        As `open_pictures` and `open_stream`, and if the file was changed meanwhile.
    """
    stamp = FileStamp(stream.path, may_grow=True)
    with unchanged(stamp):
        pictures = open_pictures(stream.path, fps, check)
        opened = pictures or open_stream(stream, verify=verify, check=check, report=report)
    return opened, UnchangedReader(opened.reader, stamp)


class UnchangedReader:
    """Frames of a source, as long as its file is what it was when it was opened.

    Parameters
    ----------
    source : FrameSource
    stamp : FileStamp
        Of the file, from before it was opened.
    """

    def __init__(self, source: FrameSource, stamp: FileStamp) -> None:
        self._source, self._stamp = source, stamp

    @property
    def lost(self) -> frozenset[int]:
        """Frames known not to decode."""
        return self._source.lost

    def read(self, number: int, seen: Seen, check: Check) -> VideoFrame:
        """Decode one frame, as `FrameSource.read`.

        Raises
        ------
        VideoChangedError
            If the file was changed.
        """

        def still_seen(passed: int, frame: VideoFrame) -> None:
            if not self._stamp.is_outdated:  # else it may be of the other version
                seen(passed, frame)

        with unchanged(self._stamp):
            return self._source.read(number, still_seen, check)

    def close(self) -> None:
        """Close the files, if still open."""
        self._source.close()
