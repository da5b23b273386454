"""The windows from the playhead on, explained before those in front of it.

They are an analysis of their own in a folder inside the whole one's, which is shown while the rest
is explained from the start of the range. Where the front reaches them, those that it overlaps are
blended anew, and all behind is taken over: the whole is what it is front to back, bit for bit, and
memory is bounded by a window as before.
"""

from __future__ import annotations

import shutil
import weakref
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.cancel import Check
from engine.models import VideoModel
from engine.pipeline.cache_lookup import resumable
from engine.pipeline.run_clock import RunClock
from engine.pipeline.window_reader import WindowReader
from engine.pipeline.window_run import MadeWindow, WindowRun
from engine.store import Analysis, Header, Resumable
from engine.store.resumable import State
from engine.types import Window
from engine.video import Video
from engine.windows import window_starts

_PREFIX = ".windows-from-"
_MOST_KEPT = 2  # windows in memory that are explained once for both


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """The windows from one on.

    Attributes
    ----------
    number : int
        Of the first one, among those of the whole range.
    step, frame : int
        At which it begins, counted from the start of the range.
    settled : int
        Number of the first window whose steps none before ``number`` reaches.
    """

    number: int
    step: int
    frame: int
    settled: int

    @property
    def folder_name(self) -> str:
        """Name of the folder inside that of the whole analysis."""
        return f"{_PREFIX}{self.number}"


def behind(header: Header, number: int) -> Behind:
    """Return the part that begins with a window, number 1 or higher."""
    length = header.spec.frames
    starts = window_starts(len(header.step_frames), length, header.request.overlap)
    reached = starts[number - 1] + length
    settled = sum(start < reached for start in starts)
    return Behind(number, starts[number], int(header.step_frames[starts[number]]), settled)


def chosen_number(whole: Analysis, playhead: int | None) -> int | None:
    """Return the window to begin with, or None for the first one that is missing.

    That is the window whose middle is nearest to the playhead, as it weighs most there; where such
    a part was broken off, it is the one that this part begins with.

    Parameters
    ----------
    whole : Analysis
        With its first windows, if some are done.
    playhead : int or None
        A frame of the video; None for none.
    """
    if playhead is None:
        return None
    header, done, length = whole.header, len(whole.windows), whole.header.spec.frames
    starts = window_starts(len(header.step_frames), length, header.request.overlap)
    begun = [number for number in _parts(whole.folder) if done < number < len(starts)]
    if begun:
        return begun[0]
    if not header.start <= playhead < header.stop:
        return None
    step = int(np.searchsorted(header.step_frames, playhead - header.start, "right")) - 1
    number = int(np.argmin(np.abs(np.array(starts) + (length - 1) / 2 - step)))
    return number if number > done else None


def drop_parts(folder: Path, but: int | None) -> None:
    """Remove parts that were broken off from the folder of a whole analysis, all but one."""
    for number, place in _parts(folder).items():
        if number != but:
            shutil.rmtree(place, ignore_errors=True)


def _parts(folder: Path) -> dict[int, Path]:
    """Return the parts in the folder of a whole analysis, by their first windows."""
    found = {place.name.removeprefix(_PREFIX): place for place in folder.glob(f"{_PREFIX}*")}
    return {int(name): place for name, place in found.items() if name.isdecimal()}


class PlayheadFirst:
    """Explains a part from a window on, then all in front of it, and joins them.

    Parameters
    ----------
    whole : Analysis
        To be filled.
    run : WindowRun
        Which fills it.
    part : Behind
    model, video, clock, check
        As `WindowRun` takes them.
    key : str or None
        The `engine.pipeline.cache_key.request_key` under which ``whole`` can be resumed, if it can.
    """

    def __init__(
        self,
        whole: Analysis,
        run: WindowRun,
        part: Behind,
        model: VideoModel,
        video: Video,
        clock: RunClock,
        check: Check,
        key: str | None,
    ) -> None:
        self._whole, self._run, self._part = whole, run, part
        self._model, self._video = model, video
        self._clock, self._check, self._key = clock, check, key
        self._folder = whole.folder / part.folder_name

    def fill(self, checkpoint: Resumable | None) -> None:
        """Explain all windows that are missing, the part first where that can be.

        It cannot where no prior can be made of the first window, as each window then tries anew.
        """
        if not self._run.meter.has_prior and not self._make_prior():
            self._clock.begin(len(self._whole.windows))
            self._run.fill(checkpoint)
            return
        part = self._explained_part()
        self._run.fill(checkpoint, self._part.settled)
        for number in range(len(self._whole.windows) - self._part.number, len(part.windows)):
            self._check()  # without a checkpoint: what is blended behind these is in the part
            self._append(part, number)
        # the folder stays as long as anyone reads it
        weakref.finalize(part, shutil.rmtree, self._folder, ignore_errors=True)

    def _explained_part(self) -> Analysis:
        """Return the part, explained or opened, and show it from its beginning on."""
        if self._key is None:
            return self._explain(Analysis.create(self._header(), self._folder), None, None)
        key = f"{self._key}-{self._part.folder_name}"
        store = resumable(self._whole.header.request, self._folder, key)
        finished = store.finished()
        if finished is not None:
            self._clock.begin(self._done_with(finished), part=finished)
            return finished
        part, state = store.begin(self._header(), str(self._model.device), self._check)
        return self._explain(part, state, store)

    def _explain(self, part: Analysis, state: State | None, store: Resumable | None) -> Analysis:
        earliest, seam = self._whole.header.start, self._part.settled - self._part.number
        run = WindowRun(part, self._model, self._video, self._clock, self._check, earliest=earliest)
        run.resume(state)
        run.meter.restore(self._run.meter.state())
        self._clock.begin(self._done_with(part), part=part)
        run.keep = seam if seam <= _MOST_KEPT and not part.windows else 0
        run.fill(store)
        self._run.given = {
            self._part.number + number: self._moved_made(made)
            for number, made in enumerate(run.kept)
        }
        if store is not None:
            store.finish(part)
        return part

    def _done_with(self, part: Analysis) -> int:
        return len(self._whole.windows) + len(part.windows)

    def _append(self, part: Analysis, number: int) -> None:
        windows = part.windows
        start = windows[number].start_step
        later = number + 1 < len(windows)
        stop = windows[number + 1].start_step if later else len(part.step_frames)
        maps = part.read_maps(start, stop) if part.has_maps else None
        relevance = part.read_steps(start, stop)
        window = self._moved(windows[number])
        self._whole.append([window], relevance, [part.evidence[number]], maps)

    def _moved(self, window: Window) -> Window:
        """Return a window of the part as one of the whole."""
        return replace(
            window,
            start_step=window.start_step + self._part.step,
            frame_indices=window.frame_indices + self._part.frame,
            cuts=tuple(cut + self._part.frame for cut in window.cuts),
        )

    def _moved_made(self, made: MadeWindow) -> MadeWindow:
        cut, part = made.cut, self._part
        indices = [index + part.frame for index in cut.indices]
        cuts = tuple(frame + part.frame for frame in cut.cuts)
        moved = replace(cut, first=cut.first + part.step, indices=indices, cuts=cuts)
        return replace(made, cut=moved)

    def _header(self) -> Header:
        whole, part = self._whole.header, self._part
        start = whole.start + part.frame
        return replace(
            whole,
            request=replace(whole.request, frames=(start, whole.stop)),
            start=start,
            timestamps_s=whole.timestamps_s[part.frame :],
            step_frames=whole.step_frames[part.step :] - part.frame,
        )

    def _make_prior(self) -> bool:
        first = WindowReader(self._model, self._video, self._whole.header, self._check, 0).window(0)
        return self._run.meter.make_prior(first.clip)
