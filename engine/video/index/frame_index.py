"""Index of frames: the packet that holds each, and the packet to start decoding at.

Frame N is the N-th picture in display order. The order is read from a table of all packets;
where that table cannot be trusted it is replaced by what a decoding pass gave.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from engine.types import BoolArray, Int64Array

NO_TIME = int(np.iinfo(np.int64).min)
"""Stands for a missing timestamp."""

_TRUSTED_FORMATS = frozenset({"mov", "mp4", "matroska", "webm"})
_RISKY_CODECS = frozenset({"vp8"})
_WELL_MARKED_CODECS = frozenset({"h264", "hevc", "vvc", "av1", "vp9", "ffv1", "png"})
_ONE_START_CODECS = frozenset({"gif", "apng", "webp"})


@dataclass(frozen=True, slots=True, eq=False)
class PacketTable:
    """Facts of every packet from a demuxing pass, in file order.

    Attributes
    ----------
    pts, dts : int64 array, (P,)
        Times in units of the stream's time base; `NO_TIME` where missing.
    pos : int64 array, (P,)
        Byte position in the file, -1 where unknown.
    size : int64 array, (P,)
        Bytes, > 0.
    key, discard, corrupt : bool array, (P,)
        Decoding can start here; not to be shown (edit list); known to be damaged.
    breaks : int64 array
        Packets before which demuxing failed, increasing.
    """

    pts: Int64Array
    dts: Int64Array
    pos: Int64Array
    size: Int64Array
    key: BoolArray
    discard: BoolArray
    corrupt: BoolArray
    breaks: Int64Array

    def __len__(self) -> int:
        return len(self.size)

    def find(self, pos: int, size: int, pts: int) -> int | None:
        """Return the packet with that position and size, or None unless exactly one fits."""
        matches = np.flatnonzero((self.pos == pos) & (self.size == size))
        if len(matches) > 1:
            matches = matches[self.pts[matches] == pts]
        return int(matches[0]) if len(matches) == 1 else None


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """The frames of a video.

    Attributes
    ----------
    packets : PacketTable
        All packets.
    shown : int64 array, (N,)
        Packet that holds frame N.
    starts : int64 array, (K,)
        Packets where decoding can start, increasing; the first is 0.
    first_frames : int64 array, (K,)
        For each start, the first frame that comes out right from there, increasing.
    verified : bool
        Whether a decoding pass gave the order, or found what is lost.
    damaged : bool
        Whether that pass met errors.
    failed : int64 array
        Packets that did not decode, as far as such a pass told, increasing.
    lost : int64 array
        Frames that are counted but do not decode, increasing.
    frame_of : int64 array, (P,)
        Frame that a packet holds, -1 for none. Derived from ``shown``.
    """

    packets: PacketTable
    shown: Int64Array
    starts: Int64Array
    first_frames: Int64Array
    verified: bool = False
    damaged: bool = False
    failed: Int64Array = field(default_factory=lambda: np.empty(0, np.int64))
    lost: Int64Array = field(default_factory=lambda: np.empty(0, np.int64))
    frame_of: Int64Array = field(init=False)

    def __post_init__(self) -> None:
        frame_of = np.full(len(self.packets), -1, np.int64)
        frame_of[self.shown] = np.arange(len(self.shown))
        object.__setattr__(self, "frame_of", frame_of)

    def __len__(self) -> int:
        return len(self.shown)

    def start_for(self, frame: int) -> int:
        """Return the position in ``starts`` of the last one that gives that frame."""
        return max(int(np.searchsorted(self.first_frames, frame, side="right")) - 1, 0)


def is_risky(table: PacketTable, format_name: str, codec_name: str, *, intra_only: bool) -> bool:
    """Return true if packets may mislead, so that only decoding tells the frames' order.

    Parameters
    ----------
    table : PacketTable
    format_name, codec_name : str
        FFmpeg's names of the container and the codec.
    intra_only : bool
        Whether the codec has nothing but key pictures. Where others are all marked as keys, the
        marks are false for most codecs.
    """
    shown = table.pts[~table.discard]
    all_keys = len(table) > 1 and bool(table.key.all())
    return bool(
        _TRUSTED_FORMATS.isdisjoint(format_name.split(","))
        or codec_name in _RISKY_CODECS
        or (all_keys and not intra_only and codec_name not in _WELL_MARKED_CODECS)
        or len(table.breaks)
        or table.corrupt.any()
        or not table.key[:1].all()
        or (shown == NO_TIME).any()
        or (np.diff(np.sort(shown)) == 0).any()
    )


def index_by_time(table: PacketTable, codec_name: str) -> Index:
    """Index frames by presentation time, right for every stream that is not risky."""
    visible = np.flatnonzero(~table.discard)
    shown = visible[np.argsort(table.pts[visible], kind="stable")]
    keys = np.flatnonzero(table.key)
    # also for a hidden key packet: the first frame shown at or after its time
    first_frames = np.searchsorted(table.pts[shown], table.pts[keys])
    return Index(table, shown, *_starts(keys, first_frames, codec_name))


def index_by_decoding(
    table: PacketTable,
    order: Int64Array,
    keys: Int64Array,
    codec_name: str,
    *,
    verified: bool,
    damaged: bool,
    failed: Int64Array,
) -> Index:
    """Index frames in the order in which a decoding pass gave the packets' pictures.

    Decoding starts only at packets that are marked as keys and gave a key picture, ``keys``:
    some containers mark every packet.
    """
    frame_of = np.full(len(table), -1, np.int64)
    frame_of[order] = np.arange(len(order))
    keys = np.intersect1d(keys, np.flatnonzero(table.key))
    starts = _starts(keys, frame_of[keys], codec_name)
    return Index(table, order, *starts, verified=verified, damaged=damaged, failed=failed)


def _starts(
    keys: Int64Array, first_frames: Int64Array, codec_name: str
) -> tuple[Int64Array, Int64Array]:
    if codec_name in _ONE_START_CODECS:  # each picture is painted over the one before
        keys, first_frames = keys[:0], first_frames[:0]
    behind = keys > 0
    starts = np.concatenate([[0], keys[behind]]).astype(np.int64)
    frames = np.concatenate([[0], first_frames[behind]]).astype(np.int64)
    # increasing, so that a binary search finds the last start at or before a frame
    return starts, np.minimum.accumulate(frames[::-1])[::-1]
