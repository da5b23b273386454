"""Windows of a video as the model's input, each frame decoded once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.cancel import Check
from engine.models import Clip, VideoModel
from engine.store import Header
from engine.video import Video


@dataclass(frozen=True, slots=True, eq=False)
class WindowClip:
    """A window cut out of the video: its clip, first step, frames, and how many are padding."""

    clip: Clip
    first: int
    indices: list[int]
    padded: int


class WindowReader:
    """Cuts windows out of a video, decoding every sampled frame once, in order.

    Attributes
    ----------
    first : int
        Step that the last window started at; the first of all before there was one.
    """

    def __init__(
        self, model: VideoModel, video: Video, header: Header, check: Check, first: int
    ) -> None:
        self._model = model
        self._header = header
        self.first = first
        self._source = self._prepared(video, check)
        self._held: list[Clip] = []

    def window(self, first: int) -> WindowClip:
        """Read the window that starts at a step, not before the last one read."""
        del self._held[: first - self.first]
        self.first = first
        length = self._model.spec.frames
        last = min(first + length, len(self._header.step_frames))
        while first + len(self._held) < last:
            self._held.append(next(self._source))
        padded = first + length - last
        parts = self._held + self._held[-1:] * padded
        indices = self._header.step_frames[first:last].tolist()
        return WindowClip(_joined(parts), first, indices + indices[-1:] * padded, padded)

    def _prepared(self, video: Video, check: Check) -> Iterator[Clip]:
        steps = self._header.step_frames[self.first :] + self._header.start
        for picture in video.frames(steps, check):
            yield self._model.preprocess(picture[None])


def _joined(parts: list[Clip]) -> Clip:
    import torch  # here: the checks above answer without it

    return replace(parts[0], tensor=torch.cat([part.tensor for part in parts], dim=2))
