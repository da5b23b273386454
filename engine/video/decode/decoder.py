"""Decoding from a given packet on, each picture with the number of the packet it came from.

A packet is tagged by overwriting its presentation time with its number before it is decoded;
the decoder hands the time on to the picture. So a picture is recognised even where times are
missing, repeated or wrapped. (`Packet.opaque` loses tags: PyAV keys it by object identity.)
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import chain
from typing import TypeVar

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from engine.errors import VideoError
from engine.video.container.source import Source, Stream, video_errors
from engine.video.decode.exif import filtered
from engine.video.index.frame_index import NO_TIME, PacketTable
from engine.video.index.packets import PacketReader, position

Step = tuple[int, VideoFrame] | None
"""A packet's number and its picture, or None: a packet was decoded and gave nothing yet."""

Packets = Iterator["Packet[VideoStream]"]  # subscripted in PyAV's type stubs only
Skipped = TypeVar("Skipped")
Skipping = Generator[Step, None, Skipped]
"""Shows progress while it skips packets, and returns something."""

_TRIED_AFTER_SEEK = 64
_SKIPPED_AT_ONCE = 256


class _LostError(Exception):
    """The packets at hand are not those of the table."""


class Decoder:
    """One open file and its running decoder.

    Parameters
    ----------
    stream : Stream
        What to decode.
    table : PacketTable
        All its packets.
    tolerant : bool
        Whether to give damaged pictures too, as far as FFmpeg can mend them.
    source : Source or None
        The stream, already open and not tolerant: taken over, wherever it stands.

    Attributes
    ----------
    failed : list of int
        Packets that failed to decode so far; unless tolerant, one of the next few may be meant.
    fed : int
        Number of the last packet that was decoded in this run.
    """

    def __init__(
        self,
        stream: Stream,
        table: PacketTable,
        *,
        tolerant: bool = False,
        source: Source | None = None,
    ) -> None:
        self._stream = stream
        self._table = table
        self._tolerant = tolerant
        self._source = source or Source(stream, tolerant=tolerant)
        self._fresh = source is None
        self.failed: list[int] = []
        self.fed = -1

    def run(self, start: int) -> Iterator[Step]:
        """Decode from packet ``start`` to the end of the file.

        Only one run is valid at a time; a new one ends the one before.

        Raises
        ------
        VideoError
            If the file is no longer what it was when it was indexed. Told by a run from packet 0
            only; others just end.
        """
        self.fed = start - 1
        try:
            with video_errors(self._stream.path):
                packets = yield from self._packets_from(start)
            for number, packet in zip(range(start, len(self._table)), packets, strict=False):
                self._compare(packet, number)
                packet.pts = packet.dts = self.fed = number
                yield from self._decode(packet)
                yield None
        except _LostError as error:
            if start > 0:
                return  # the demuxer came back from its seek with other packets: start elsewhere
            raise VideoError(
                f"{self._stream.path} has changed since it was opened.", "Open it again."
            ) from error
        yield from self._decode(None)

    def close(self) -> None:
        """Close the file, if still open."""
        self._source.close()

    def _packets_from(self, start: int) -> Skipping[Packets]:
        """Yield None for some skipped packets, and return those from ``start`` on."""
        if self._tolerant and not self._fresh:
            self._reopen()  # a flushed decoder still paints over damage with what it saw before
        fresh, self._fresh = self._fresh, False
        if not (fresh and start == 0):
            packets = yield from self._seek(start)
            if packets is not None:
                return packets
            self._reopen()
            self._fresh = False
        packets = iter(PacketReader(self._source))
        for number in range(start):
            self._compare(next(packets, None), number)
            if number % _SKIPPED_AT_ONCE == 0:
                yield None
        return packets

    def _seek(self, start: int) -> Skipping[Packets | None]:
        for time in self._seek_times(start):
            try:
                self._source.container.seek(time, stream=self._source.stream)
            except av.FFmpegError:
                continue  # not seekable there: the next way is tried, at last reading from 0
            packets = iter(PacketReader(self._source))
            landed = self._identify(packets)
            if landed is not None and landed[0] <= start:
                return (yield from self._forward(packets, landed, start))
        return None

    def _seek_times(self, start: int) -> list[int]:
        """Return times to seek to, best first, then those of earlier key packets."""
        earlier = np.flatnonzero(self._table.key[:start])[-1:-4:-2]
        times = [self._table.pts[start], self._table.dts[start], *self._table.pts[earlier]]
        return [int(time) for time in times if time != NO_TIME]

    def _identify(self, packets: Packets) -> tuple[int, Packet[VideoStream]] | None:
        for packet, _ in zip(packets, range(_TRIED_AFTER_SEEK), strict=False):
            pts = NO_TIME if packet.pts is None else packet.pts
            number = self._table.find(position(packet), packet.size, pts)
            if number is not None:
                return number, packet
        return None

    def _forward(
        self, packets: Packets, landed: tuple[int, Packet[VideoStream]], start: int
    ) -> Skipping[Packets | None]:
        number, packet = landed
        try:
            while number < start:
                packet = next(packets)
                number += 1
                self._compare(packet, number)
                if number % _SKIPPED_AT_ONCE == 0:
                    yield None
        except (_LostError, StopIteration):
            return None
        return chain([packet], packets)

    def _compare(self, packet: Packet[VideoStream] | None, number: int) -> None:
        if packet is None or packet.size != self._table.size[number]:
            raise _LostError

    def _reopen(self) -> None:
        self._source.close()
        self._source = Source(self._stream, tolerant=self._tolerant)
        self._fresh = True

    def _decode(self, packet: Packet[VideoStream] | None) -> Iterator[tuple[int, VideoFrame]]:
        try:
            frames = self._source.stream.decode(packet)
        except av.FFmpegError:
            # one damaged packet; the next key packet makes it good
            self.failed.append(self._culprit())
            return
        for frame in frames:
            tag = frame.pts
            if tag is None or not 0 <= tag < len(self._table):
                continue
            # marked by the decoder alone, it was decoded from an incomplete start
            if not frame.is_corrupt or self._table.corrupt[tag]:
                yield tag, _copy(frame) if self._tolerant else frame

    def _culprit(self) -> int:
        """Return the packet that failed, which frame threads report some packets later."""
        behind = 0 if self._tolerant else self._source.stream.codec_context.thread_count
        return max(self.fed - behind, 0)


def _copy(frame: VideoFrame) -> VideoFrame:
    """Copy with memory of its own.

    FFmpeg paints over damage with what its buffers held before, and which of them it takes
    again depends on which we keep: without a copy the picture would depend on what was read.
    """
    return filtered(frame, [("copy", "")])
