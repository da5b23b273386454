"""Tables of packets, and indexes as a decoding pass would give them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine.video.index.frame_index import Index, PacketTable, index_by_decoding


def table(pts: list[int], *, key: tuple[int, ...] = (0,), discard: tuple[int, ...] = ()):
    count = len(pts)
    numbers = np.arange(count)
    return PacketTable(
        pts=np.array(pts, np.int64),
        dts=numbers * 10,
        pos=numbers * 100,
        size=np.full(count, 100),
        key=np.isin(numbers, key),
        discard=np.isin(numbers, discard),
        corrupt=np.zeros(count, bool),
        breaks=np.empty(0, np.int64),
    )


def decoded(packets: PacketTable, order: Iterable[int], failed: tuple[int, ...] = ()) -> Index:
    return index_by_decoding(
        packets,
        np.array(list(order), np.int64),
        np.flatnonzero(packets.key),
        "h264",
        verified=True,
        damaged=bool(failed),
        failed=np.array(failed, np.int64),
    )
