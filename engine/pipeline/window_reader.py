"""Windows of a video as the model's input, each frame decoded once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.cancel import Check
from engine.models import Clip, VideoModel
from engine.store import Header
from engine.video import Video
from engine.video.shot_cuts import BEHIND, SIZE, CutFinder


@dataclass(frozen=True, slots=True, eq=False)
class WindowClip:
    """A window cut out of the video.

    Attributes
    ----------
    clip : Clip
    first : int
        Step that it starts at.
    indices : list of int
        Its frames, counted from the start of the range.
    padded : int
        How many of them, at the end, repeat the last one.
    cuts : tuple of int
        Shot cuts as `Window.cuts` has them; none where nobody looks for them.
    """

    clip: Clip
    first: int
    indices: list[int]
    padded: int
    cuts: tuple[int, ...] = ()


class WindowReader:
    """Cuts windows out of a video, decoding every frame once, in order.

    Attributes
    ----------
    first : int
        Step that the last window started at; the first of all before there was one.

    Parameters
    ----------
    model, video, header, check
        Who is shown what, and what stops it.
    first : int
        Step that the first window starts at.
    find_cuts : bool
        Whether shot cuts are looked for, in all frames and not only those that the model is given.
    earliest : int or None
        First frame of the video that may be looked at for that; None takes the range's.
    """

    def __init__(
        self,
        model: VideoModel,
        video: Video,
        header: Header,
        check: Check,
        first: int,
        *,
        find_cuts: bool = False,
        earliest: int | None = None,
    ) -> None:
        self._model, self._video, self._check = model, video, check
        self._header = header
        self._steps = header.step_frames + header.start
        self.first = self._held = first
        self._clips: list[Clip] = []
        # as far back as is needed to judge a cut in the first window
        earliest = header.start if earliest is None else earliest
        self._next = max(int(self._steps[first]) - BEHIND, earliest)
        self._finder = CutFinder(self._next) if find_cuts else None

    def window(self, first: int) -> WindowClip:
        """Read the window that starts at a step, not before the last one read."""
        del self._clips[: first - self.first]
        self.first = first
        last = min(first + self._model.spec.frames, len(self._steps))
        after = int(self._steps[last]) if last < len(self._steps) else self._header.stop
        while self._held < last or (self._finder is not None and self._finder.judged < after):
            if self._next == self._header.stop:
                break
            self._read_frame()
        cuts = self._cuts(int(self._steps[first]), after)
        padded = first + self._model.spec.frames - last
        held = self._clips[: last - first]
        indices = self._header.step_frames[first:last].tolist()
        clip = _joined(held + held[-1:] * padded)
        return WindowClip(clip, first, indices + indices[-1:] * padded, padded, cuts)

    def _read_frame(self) -> None:
        """Look at the next frame, and prepare it for the steps that it serves."""
        if self._finder is None:
            self._next = int(self._steps[self._held])
        number = self._next
        self._check()
        if self._finder is not None:
            self._finder.add(self._video.picture(number, *SIZE))
        if self._held < len(self._steps) and number == self._steps[self._held]:
            (picture,) = self._video.frames([number], self._check)
            serves = int(np.searchsorted(self._steps, number, "right")) - self._held
            self._clips += [self._model.preprocess(picture[None])] * serves
            self._held += serves
        self._next += 1

    def _cuts(self, start: int, stop: int) -> tuple[int, ...]:
        """Return the cuts among frames [start, stop), counted from the start of the range."""
        if self._finder is None:
            return ()
        if self._next == self._header.stop:
            self._finder.finish()
        cuts = [cut for cut in self._finder.cuts if start <= cut < stop]
        return tuple(cut - self._header.start for cut in cuts)


def _joined(parts: list[Clip]) -> Clip:
    import torch  # here: the checks above answer without it

    return replace(parts[0], tensor=torch.cat([part.tensor for part in parts], dim=2))
