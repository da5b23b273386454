"""Packets in file order, going on behind damage: the same sequence for index and decoder."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import av
import numpy as np
from av.packet import Packet
from av.video.stream import VideoStream

from engine.cancel import Check
from engine.types import Int64Array
from engine.video.index import NO_TIME, PacketTable
from engine.video.source import Source

_MAX_ERRORS = 100


class PacketReader:
    """Iterates over the packets of the shown stream from where the container stands.

    Attributes
    ----------
    errors : int
        How often demuxing failed so far.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.errors = 0

    def __iter__(self) -> Iterator[Packet[VideoStream]]:
        finished = False
        while not finished and self.errors < _MAX_ERRORS:
            try:
                yield from self._until_error()
                finished = True
            except av.FFmpegError:
                self.errors += 1  # told by the count; demuxing may go on behind the damage
            except IndexError:
                # PyAV trips over streams that turn up in mid-file, after the last packet
                finished = True

    def _until_error(self) -> Iterator[Packet[VideoStream]]:
        for packet in self._source.container.demux(self._source.stream):
            if packet.size:
                yield packet


def read_table(source: Source, check: Check) -> PacketTable:
    """Read every packet of a freshly opened source, without decoding.

    Parameters
    ----------
    source : Source
        Standing at its start; stands at its end afterwards.
    check : callable
        Called now and then; may raise `Cancelled`.
    """
    times, flags = array("q"), bytearray()
    packets = PacketReader(source)
    for number, packet in enumerate(packets):
        if number % 256 == 0:
            check()
        times.extend(
            (
                NO_TIME if packet.pts is None else packet.pts,
                NO_TIME if packet.dts is None else packet.dts,
                position(packet),
                packet.size,
            )
        )
        flags.append(packet.is_keyframe | packet.is_discard << 1 | packet.is_corrupt << 2)
    return _table(np.array(times, np.int64).reshape(-1, 4), flags, packets.errors)


def position(packet: Packet[VideoStream]) -> int:
    """Byte position of a packet in the file, -1 where unknown."""
    return -1 if packet.pos is None else packet.pos


def _table(columns: Int64Array, flags: bytearray, errors: int) -> PacketTable:
    pts, dts, pos, size = np.ascontiguousarray(columns.T)
    bits = np.frombuffer(bytes(flags), np.uint8)
    key, discard, corrupt = ((bits & mask) != 0 for mask in (1, 2, 4))
    return PacketTable(pts, dts, pos, size, key, discard, corrupt, errors)
