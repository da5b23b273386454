"""Index of a stream that is completed while the video is in use."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.cancel import Check
from engine.types import Float64Array
from engine.video.scan.damage import FrameRange, damaged_ranges
from engine.video.scan.open_index import OpenedStream
from engine.video.scan.verification import Verification

_PART_S = 0.1
_REPORT_EVERY_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class IndexState:
    """The frames of a video known so far.

    Attributes
    ----------
    times_s : float64 array, (N,)
        Time of every frame in seconds, increasing, read-only.
    fps : float
        Average frames per second.
    progress : float
        Part of the file that was looked at, 0 to 1; 1 when nothing more is to come.
    damage : tuple of (int, int)
        Ranges of frames in which something is missing or may look wrong.
    """

    times_s: Float64Array
    fps: float
    progress: float = 1.0
    damage: tuple[FrameRange, ...] = ()


class IncrementalIndex:
    """Finishes the decoding pass of a stream, and finds its lost frames.

    Parameters
    ----------
    opened : OpenedStream
        The stream.
    later : bool
        Whether to find out later what is lost, when nobody waits, rather than at once.
    """

    def __init__(self, opened: OpenedStream, *, later: bool) -> None:
        self._opened = opened
        self._later = later
        self._index = opened.index
        self._verification = opened.verification
        self._loss_pass: Verification | None = None
        self._parts = 0
        self.state = self._current_state()

    @property
    def pending(self) -> bool:
        """True if `work` has something to do."""
        return self._verification is not None or self._loss_pass is not None

    def work(self, check: Check) -> bool:
        """Do a part of the pass, and return true if there is more (a `Task` of the worker)."""
        if self._verification is not None:
            self._advance(self._verification, check)
        elif self._loss_pass is not None and not self._loss_pass.advance(check, seconds=_PART_S):
            self._adopt_losses(self._loss_pass)
        return self.pending

    def note_failures(self) -> None:
        """Note packets that failed during reading, though FFmpeg painted over them."""
        failed = self._opened.reader.failed
        if self._index.verified or len(failed) == len(self._index.failed):
            return
        self._index = replace(self._index, failed=np.array(sorted(failed), np.int64))
        if self._later:
            self._loss_pass = self._loss_pass or self._new_pass()
        self.state = self._current_state()

    def note_lost_frame(self, check: Check) -> None:
        """Learn which frames do not decode, now that one did not."""
        if not self._index.verified:
            self._loss_pass = self._loss_pass or self._new_pass()
            if not self._later:
                self._loss_pass.advance(check)
                self._adopt_losses(self._loss_pass)
        self.state = self._current_state()

    def _new_pass(self) -> Verification:
        opened = self._opened
        return Verification(opened.stream, self._index.packets, opened.codec_name)

    def close(self) -> None:
        """Give files back."""
        for verification in (self._verification, self._loss_pass):
            if verification is not None:
                verification.close()

    def _advance(self, verification: Verification, check: Check) -> None:
        ended = not verification.advance(check, seconds=_PART_S)
        self._parts += 1
        if not ended and self._parts % round(_REPORT_EVERY_S / _PART_S):
            return
        if ended or verification.frame_count >= len(self._index):
            self._index = verification.index()
            self._opened.reader.adopt(self._index)
        if ended:
            self._verification = None
            self._opened.keep(self._index)
        self.state = self._current_state()

    def _adopt_losses(self, loss_pass: Verification) -> None:
        decoded = loss_pass.index()
        lost = np.flatnonzero(~np.isin(self._index.shown, decoded.shown))
        # the numbers of the frames stay, also the next time that the file is opened
        self._index = replace(
            self._index, verified=True, damaged=True, failed=decoded.failed, lost=lost
        )
        self._opened.reader.adopt(self._index)
        self._opened.keep(self._index)
        self._loss_pass = None
        self.state = self._current_state()

    def _current_state(self) -> IndexState:
        clock = self._opened.clock
        times_s = clock.times_s(self._index)
        progress = 1.0 if self._verification is None else self._verification.progress
        damage = damaged_ranges(self._index, self._opened.reader.lost)
        return IndexState(times_s, clock.fps(times_s), progress, damage)
