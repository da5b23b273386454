"""Methods that hide parts of the clip and watch the score: occlusion, RISE, temporal mask.

None of them needs gradients. Masks are drawn one by one from the seed, so that the result
depends neither on the batch nor on the device.
"""

from __future__ import annotations

import itertools
import math

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.batches import generator_for, in_batches, summed
from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.method_output import MethodOutput
from engine.attribution.baselines import baseline_of
from engine.attribution.options import OcclusionOptions, RiseOptions, TemporalMaskOptions
from engine.models.model import Clip

Box = tuple[slice, slice, slice]


def explain_by_occlusion(
    explained: ExplainedModel, clip: Clip, options: OcclusionOptions
) -> MethodOutput:
    """Measure the score lost under a box in space and time (Zeiler and Fergus 2014, section 4.2).

    Each pixel has the mean loss over the boxes that cover it.
    """
    explained, logits = explained.fixed_on(clip.tensor)
    probability = options.score == "probability"
    boxes = boxes_of(clip.tensor.shape[2:], options)
    whole = explained.scores(explained.probabilities(logits) if probability else logits)
    filler = baseline_of(options.fill, clip)[0]

    def loss(first: int, last: int) -> Tensor:
        covered = clip.tensor.repeat(last - first, 1, 1, 1, 1)
        for row, box in enumerate(boxes[first:last]):
            covered[row][:, *box] = filler[:, *box]
        return whole - explained.score_of(covered, probability=probability)

    losses = torch.cat(list(in_batches(explained, len(boxes), loss, size=options.batch)))
    total, count = torch.zeros(2, *clip.tensor.shape[2:], device=losses.device)
    for box, lost in zip(boxes, losses, strict=True):
        total[box] += lost
        count[box] += 1
    steps = len({box[0].start for box in boxes})
    return MethodOutput((total / count)[None], logits, explained.scores(logits), steps=steps)


def boxes_of(size: torch.Size, options: OcclusionOptions) -> list[Box]:
    """Place the sliding box in a clip (T, h, w), the last of each row cut off at the edge."""
    extents = (options.box_frames, options.box_px, options.box_px)
    strides = (options.stride_frames, options.stride_px, options.stride_px)
    spans = [
        _spans(length, min(extent, length), min(stride, extent))
        for length, extent, stride in zip(size, extents, strides, strict=True)
    ]
    return [(t, y, x) for t, y, x in itertools.product(*spans)]


def _spans(length: int, extent: int, stride: int) -> list[slice]:
    count = math.ceil((length - extent) / stride) + 1
    return [slice(i * stride, min(i * stride + extent, length)) for i in range(count)]


def explain_by_rise(explained: ExplainedModel, clip: Clip, options: RiseOptions) -> MethodOutput:
    """Explain by RISE over space and time (Petsiuk et al. 2018, arXiv 1806.07421).

    Random smooth masks hide parts of the clip. Each pixel has the mean score while it is visible
    less the mean score while it is hidden: eq. 6 of the paper for visible and hidden alike, so
    that a pixel without influence has zero, not the mean score.
    """
    explained, logits = explained.fixed_on(clip.tensor)
    size = clip.tensor.shape[2:]
    filler = baseline_of(options.fill, clip)
    change = clip.tensor - filler

    def part(first: int, last: int) -> Tensor:
        masks = torch.stack([rise_mask(size, options, index) for index in range(first, last)])
        masks = masks.to(change)
        clips = torch.addcmul(filler, change, masks[:, None])
        scores = explained.score_of(clips, probability=options.score == "probability").to(masks)
        seen = torch.tensordot(scores, masks, 1)
        return torch.stack([seen, scores.sum().expand_as(seen), masks.sum(0)])

    seen, scores, visible = summed(explained, options.samples, part, size=options.batch)
    hidden = (options.samples - visible).clamp(min=1e-6)
    relevance = seen / visible.clamp(min=1e-6) - (scores - seen) / hidden
    steps = min(options.cells_frames, size[0])
    return MethodOutput(relevance[None], logits, explained.scores(logits), steps=steps)


def rise_mask(size: torch.Size, options: RiseOptions, index: int) -> Tensor:
    """Draw a mask (T, h, w) from 0, hidden, to 1, visible: cells at random places, smooth edges."""
    generator = generator_for(options.seed, index)
    cells = [min(n, length) for n, length in zip(_cells(options), size, strict=True)]
    extent = [math.ceil(length / n) for length, n in zip(size, cells, strict=True)]
    grid = torch.rand([n + 1 for n in cells], generator=generator) < options.keep
    shift = [int(torch.randint(n, (1,), generator=generator)) for n in extent]
    wide = [(n + 1) * step for n, step in zip(cells, extent, strict=True)]
    smooth = functional.interpolate(grid[None, None].float(), wide, mode="trilinear")[0, 0]
    t, y, x = (slice(s, s + length) for s, length in zip(shift, size, strict=True))
    return smooth[t, y, x]


def _cells(options: RiseOptions) -> tuple[int, int, int]:
    return options.cells_frames, options.cells, options.cells


def explain_by_temporal_mask(
    explained: ExplainedModel, clip: Clip, options: TemporalMaskOptions
) -> MethodOutput:
    """Measure the need of each frame by hiding random ones, as RISE does along time alone.

    A hidden frame shows the last visible one (the freeze of Manttari et al. 2020, arXiv
    2002.00367, section 3.2). A frame's number is the mean score while it is visible less the
    mean while it is hidden, spread evenly over its pixels.
    """
    explained, logits = explained.fixed_on(clip.tensor)
    frames, height, width = clip.tensor.shape[2:]
    filler = None if options.fill == "freeze" else baseline_of(options.fill, clip)

    def part(first: int, last: int) -> Tensor:
        visible = torch.stack([frame_choice(frames, options, i) for i in range(first, last)])
        clips = torch.cat([_hidden(clip.tensor, row, filler) for row in visible])
        scores = explained.score_of(clips, probability=options.score == "probability")
        weights = visible.to(scores)
        return torch.stack([scores @ weights, scores @ (1 - weights), weights.sum(0)])

    seen, unseen, count = summed(explained, options.samples, part, size=options.batch)
    needed = seen / count.clamp(min=1) - unseen / (options.samples - count).clamp(min=1)
    relevance = (needed / (height * width)).view(1, frames, 1, 1).expand(1, -1, height, width)
    steps = math.ceil(frames / options.segment_frames)
    return MethodOutput(
        relevance, logits, explained.scores(logits), needed.view(1, -1, 1, 1), steps
    )


def frame_choice(frames: int, options: TemporalMaskOptions, index: int) -> Tensor:
    """Draw the visible frames, bool (T,): segments at random, at least one of them."""
    generator = generator_for(options.seed, index)
    count = math.ceil(frames / options.segment_frames)
    visible = torch.rand(count, generator=generator) < options.keep
    if not bool(visible.any()):
        visible[int(torch.randint(count, (1,), generator=generator))] = True
    return visible.repeat_interleave(options.segment_frames)[:frames]


def _hidden(values: Tensor, visible: Tensor, filler: Tensor | None) -> Tensor:
    if filler is not None:
        return torch.where(visible.to(values.device).view(1, 1, -1, 1, 1), values, filler)
    places = torch.arange(len(visible))
    last = torch.where(visible, places, -1).cummax(0).values
    first = int(visible.nonzero()[0])  # before it there is none to hold: it is shown early
    return values[:, :, last.clamp(min=first).to(values.device)]
