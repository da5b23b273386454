"""A decoding pass over a whole file, in parts: which packets give a picture, in which order.

For streams whose packets mislead, and to learn what a damaged file has lost.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from engine.cancel import Check
from engine.types import Int64Array
from engine.video.container.source import Stream
from engine.video.decode.decoder import Decoder, Step
from engine.video.index.frame_index import Index, PacketTable, index_by_decoding


class Verification:
    """The pass, which can be paused after every packet.

    Damage found on the way starts it anew in the manner that gets most out of damaged files.

    Parameters
    ----------
    stream : Stream
        What to decode.
    table : PacketTable
        All its packets.
    codec_name : str
        FFmpeg's name of the codec.
    """

    def __init__(self, stream: Stream, table: PacketTable, codec_name: str) -> None:
        self._stream = stream
        self._table = table
        self._codec_name = codec_name
        self._decoder: Decoder | None = None
        self._run: Iterator[Step] = iter(())
        self._order: dict[int, None] = {}
        self._keys: list[int] = []
        self._damaged = len(table.breaks) > 0 or bool(table.corrupt.any())
        self.ended = False

    @property
    def frame_count(self) -> int:
        """Frames that came so far."""
        return len(self._order)

    @property
    def progress(self) -> float:
        """Part of the packets that is decoded, 0 to 1."""
        fed = 0 if self._decoder is None else self._decoder.fed + 1
        return 1.0 if self.ended else fed / max(len(self._table), 1)

    def index(self) -> Index:
        """Return the index of the frames so far, verified once the pass has ended."""
        failed = [] if self._decoder is None else self._decoder.failed
        return index_by_decoding(
            self._table,
            np.fromiter(self._order, np.int64, len(self._order)),
            np.array(self._keys, np.int64),
            self._codec_name,
            verified=self.ended,
            failed=np.array(failed, np.int64) if self._damaged else _NONE,
            damaged=self._damaged,
        )

    def advance(self, check: Check, *, seconds: float = float("inf"), frames: int = 2**62) -> bool:
        """Decode on, until so much time has gone or so many frames are known.

        Parameters
        ----------
        check : callable
            Called for every packet; what it raises pauses the pass.

        Returns
        -------
        bool
            Whether there is more.
        """
        until = time.monotonic() + seconds
        while not self.ended and time.monotonic() < until and len(self._order) < frames:
            check()
            self._step()
        return not self.ended

    def finish(self, check: Check) -> Index:
        """Decode all the rest and give the index."""
        self.advance(check)
        return self.index()

    def close(self) -> None:
        """Close the file and end the pass."""
        self.ended = True
        if self._decoder is not None:
            self._decoder.close()

    def _step(self) -> None:
        if self._decoder is None:
            self._decoder = Decoder(self._stream, self._table, tolerant=self._damaged)
            self._run = self._decoder.run(0)
        try:
            step = next(self._run)
        except StopIteration:
            self._end()
            return
        if step is not None:
            self._order.setdefault(step[0])
            if step[1].key_frame:
                self._keys.append(step[0])
        if self._decoder.failed and not self._damaged:
            self._start_anew()

    def _end(self) -> None:
        if not self._damaged and self._last_ones_missing():
            self._start_anew()
        else:
            self.close()

    def _last_ones_missing(self) -> bool:
        """Return true if pictures at the end are missing, which frame threads drop silently."""
        last = range(len(self._table))[-_LAST_PACKETS:]
        return self._codec_name in _ONE_EACH_CODECS and any(
            packet not in self._order and not self._table.discard[packet] for packet in last
        )

    def _start_anew(self) -> None:
        self.close()
        self.ended, self._damaged, self._decoder = False, True, None
        self._order.clear()
        self._keys.clear()


_LAST_PACKETS = 4
_ONE_EACH_CODECS = frozenset({"h264", "hevc"})
_NONE: Int64Array = np.empty(0, np.int64)
