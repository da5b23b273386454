"""The windows of a request, as explaining cuts them, for questions about them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from engine.annotations.region_masks import inside_picture
from engine.attribution.base.evaluating import evaluating
from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.precision import matmul_precision
from engine.attribution.base.targets import Goal, resolve_goal, resolve_target
from engine.cancel import Check
from engine.models import VideoModel
from engine.models.devices.faults import memory_told
from engine.pipeline.headers import header_of
from engine.pipeline.window_reader import WindowClip, WindowReader
from engine.types import Float64Array, Int64Array, Request, UInt8Array
from engine.video import Video
from engine.what_if.queries import Scope
from engine.windows import window_starts

_PICTURES = 8


class RequestWindows:
    """The windows of a request, as `engine.pipeline.explain` cuts them."""

    def __init__(self, model: VideoModel, video: Video, request: Request, check: Check) -> None:
        self._model, self._video, self._check = model, video, check
        self.header = header_of(request, model, video)
        steps = len(self.header.step_frames)
        self._starts = window_starts(steps, model.spec.frames, request.overlap)

    @property
    def inside(self) -> float:
        """Share of the network's input that shows the picture and is not padding."""
        return float(inside_picture(self.header.seen, self._model.spec.crop).mean())

    def nearest(self, frame: int) -> int:
        """Return the first step of the window whose middle is nearest to a frame of the video."""
        steps = self.header.step_frames + self.header.start
        last = len(steps) - 1

        def distance(first: int) -> float:
            final = min(first + self._model.spec.frames - 1, last)
            return abs(float(steps[first] + steps[final]) / 2 - frame)

        return min(self._starts, key=distance)

    def count(self, scope: Scope) -> int:
        """Return the number of windows that `cuts` gives."""
        return 1 if scope == "window" else len(self._starts)

    def cuts(self, scope: Scope, shown: int) -> Iterator[WindowClip]:
        """Yield the window shown, or all of them in order."""
        starts = (shown,) if scope == "window" else self._starts
        clips = WindowReader(self._model, self._video, self.header, self._check, starts[0])
        for first in starts:
            self._check()
            yield clips.window(first)

    def target(self, request: Request, shown: int) -> int:
        """Return the class of the request, or the model's answer to the window shown."""
        if request.target is not None:
            return resolve_target(self._model.spec, request.target)
        cut = next(self.cuts("window", shown))
        return answer_to(self._model, cut, self._check)


def answer_to(model: VideoModel, cut: WindowClip, check: Check) -> int:
    """Return the class that a model scores highest, or the first of its values."""
    logits = scores_of(model, (cut.clip.tensor,), check)[0]
    return resolve_goal(model.spec, None).indices(torch.from_numpy(logits))[0] or 0


def scores_of(
    model: VideoModel, clips: tuple[Tensor, ...], check: Check
) -> tuple[Float64Array, Float64Array]:
    """Return the logits of clips, and their probabilities, float64 (n, K) each."""
    subject = ExplainedModel(model, Goal(), check=check)
    exact = matmul_precision(model.device, rounded=False)
    with memory_told(model.device), evaluating(model.module), torch.no_grad(), exact:
        # one by one, as explaining does: what fits the memory there fits here
        logits = torch.cat([subject.logits(clip.clone()) for clip in clips]).double()
    return logits.cpu().numpy(), subject.probabilities(logits).cpu().numpy()


def pictures_of(
    cut: WindowClip, changed: Tensor, frames: Int64Array
) -> tuple[UInt8Array, Int64Array]:
    """Return some frames of a changed clip as RGB pictures, and their numbers in the video."""
    count = len(frames) - cut.padded
    chosen = np.linspace(0, count - 1, min(count, _PICTURES)).round().astype(np.int64)
    low, high = cut.clip.low, cut.clip.high
    values = (changed[:, :, chosen.tolist()] - low) / (high - low)
    bytes_ = (values[0].permute(1, 2, 3, 0) * 255).round().clamp(0, 255).to(torch.uint8)
    return bytes_.cpu().numpy(), frames[chosen]
