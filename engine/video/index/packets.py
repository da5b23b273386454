"""Packets in file order, going on behind damage: the same sequence for index and decoder."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import av
import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream

from engine.cancel import Check
from engine.types import Int64Array, Progress, Report
from engine.video.container.source import Source
from engine.video.index.frame_index import NO_TIME, PacketTable

STAGE = "Reading the index"

_MAX_ERRORS = 100
_CHECKED_EVERY = 256
_REPORTED_EVERY = 16_384


class PacketReader:
    """Iterates over the packets of the shown stream from where the container stands.

    Attributes
    ----------
    breaks : list of int
        How many packets had come each time that demuxing failed.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._count = 0
        self.breaks: list[int] = []

    def __iter__(self) -> Iterator[Packet[VideoStream]]:
        finished = False
        while not finished and len(self.breaks) < _MAX_ERRORS:
            try:
                yield from self._until_error()
                finished = True
            except av.FFmpegError:
                self.breaks.append(self._count)  # told by it; demuxing may go on behind the damage
            except IndexError:
                # PyAV trips over streams that turn up in mid-file, after the last packet
                finished = True

    def _until_error(self) -> Iterator[Packet[VideoStream]]:
        for packet in self._source.container.demux(self._source.stream):
            if packet.size:
                self._count += 1
                yield packet


def read_table(source: Source, check: Check, report: Report) -> PacketTable:
    """Read every packet of a freshly opened source, without decoding.

    Parameters
    ----------
    source : Source
        Standing at its start; stands at its end afterwards.
    check : callable
        Called now and then; may raise `Cancelled`.
    report : callable
        Gets the progress in bytes.
    """
    times, flags = array("q"), bytearray()
    add_times, add_flags = times.extend, flags.append
    packets = PacketReader(source)
    for number, packet in enumerate(packets):
        if number % _CHECKED_EVERY == 0:
            check()
        if number % _REPORTED_EVERY == _REPORTED_EVERY - 1:
            report(Progress(STAGE, max(position(packet), 0), source.container.size))
        pts, dts = packet.pts, packet.dts
        add_times(
            (
                NO_TIME if pts is None else pts,
                NO_TIME if dts is None else dts,
                position(packet),
                packet.size,
            )
        )
        add_flags(packet.is_keyframe | packet.is_discard << 1 | packet.is_corrupt << 2)
    return _table(np.frombuffer(times, np.int64).reshape(-1, 4), flags, packets.breaks)


def position(packet: Packet[VideoStream]) -> int:
    """Return the byte position of a packet in the file, -1 where unknown."""
    return -1 if packet.pos is None else packet.pos


def _table(columns: Int64Array, flags: bytearray, breaks: list[int]) -> PacketTable:
    pts, dts, pos, size = np.ascontiguousarray(columns.T)
    bits = np.frombuffer(bytes(flags), np.uint8)
    key, discard, corrupt = ((bits & mask) != 0 for mask in (1, 2, 4))
    return PacketTable(pts, dts, pos, size, key, discard, corrupt, np.array(breaks, np.int64))
