"""The gradient of the explained score: as it is, times the input, averaged, or rectified.

The network is not modified. Strided convolutions take the quick way back
(`engine.attribution.lrp.convolutions`). Any ReLU counts, whether a module, a function or in place.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from engine.attribution.base.batches import generator_for, summed
from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.method_output import MethodOutput
from engine.attribution.base.tensor_tags import newest
from engine.attribution.baselines import baseline_of
from engine.attribution.lrp.context import Function, with_backward
from engine.attribution.lrp.convolutions import convolve
from engine.attribution.lrp.dispatch import CONVOLUTIONS, RECTIFIERS
from engine.attribution.lrp.function_mode import HandlerMode
from engine.attribution.lrp.in_place import out_of_place
from engine.attribution.lrp.linear import convolution_arguments
from engine.attribution.options import IntegratedGradientsOptions, MethodOptions, SmoothGradOptions
from engine.models.model import Clip

ReluRule = Literal["plain", "guided", "deconvnet"]


def explain_by_gradient(
    explained: ExplainedModel, clip: Clip, options: MethodOptions, rule: ReluRule = "plain"
) -> MethodOutput:
    """Explain by the gradient of the score, see `gradient_of` for the rules."""
    model = explained.model
    gradient, logits = gradient_of(explained, model.planes(clip.tensor), rule)
    return MethodOutput.of_parts(model.by_input(gradient), logits, explained.scores(logits))


def explain_by_input_x_gradient(
    explained: ExplainedModel, clip: Clip, options: MethodOptions
) -> MethodOutput:
    """Explain by input times gradient (Shrikumar et al. 2016, arXiv 1605.01713)."""
    planes = explained.model.planes(clip.tensor)
    gradient, logits = gradient_of(explained, planes)
    parts = explained.model.by_input(planes * gradient)
    return MethodOutput.of_parts(parts, logits, explained.scores(logits))


def explain_by_smooth_grad(
    explained: ExplainedModel, clip: Clip, options: SmoothGradOptions
) -> MethodOutput:
    """Average the gradient over noisy copies of the clip (Smilkov et al. 2017, arXiv 1706.03825).

    Every clip is explained for its own class, that of the clip without noise.
    """
    explained, logits = explained.fixed_on(clip.tensor)
    values = explained.model.planes(clip.tensor)
    spread = options.noise * (values.amax() - values.amin())

    def noisy(first: int, last: int) -> Tensor:
        draws = [
            torch.randn(values.shape[1:], generator=generator_for(options.seed, index))
            for index in range(first, last)
        ]
        copies = values + spread * torch.stack(draws).to(values)
        gradient = gradient_of(explained, copies)[0].sum(0, keepdim=True)
        return explained.model.by_input(gradient)

    total = summed(explained, options.samples, noisy, gradients=True)
    return MethodOutput.of_parts(total / options.samples, logits, explained.scores(logits))


def explain_by_integrated_gradients(
    explained: ExplainedModel, clip: Clip, options: IntegratedGradientsOptions
) -> MethodOutput:
    """Integrate gradients on the way from a baseline (Sundararajan et al. 2017, arXiv 1703.01365).

    The sum over the input is the score less the baseline's score, up to the error of the
    integration (eq. 1 and proposition 1).
    """
    explained, logits = explained.fixed_on(clip.tensor)
    base = baseline_of(options.baseline, clip)
    start = explained.model.planes(base)
    change = explained.model.planes(clip.tensor) - start
    nodes, weights = np.polynomial.legendre.leggauss(options.steps)
    places = torch.tensor((nodes + 1) / 2, dtype=change.dtype, device=change.device)
    shares = torch.tensor(weights / 2, dtype=change.dtype, device=change.device)

    def along(first: int, last: int) -> Tensor:
        at = places[first:last].view(-1, 1, 1, 1, 1)
        gradient = gradient_of(explained, start + at * change)[0]
        return torch.einsum("n,nctyx->ctyx", shares[first:last], gradient)[None]

    total = summed(explained, options.steps, along, gradients=True)
    score = explained.scores(logits) - explained.score_of(base)
    return MethodOutput.of_parts(explained.model.by_input(total * change), logits, score)


class _GradientMode(HandlerMode):
    """Gives convolutions a quick backward and ReLUs another rule, and counts the ReLUs."""

    def __init__(self, rule: ReluRule) -> None:
        handlers: dict[Function, Function] = dict.fromkeys(CONVOLUTIONS, _convolution)
        if rule != "plain":
            handlers |= dict.fromkeys(RECTIFIERS, self._rectify)
        super().__init__(handlers)
        self._rule = rule
        self.met = 0

    def _rectify(self, mode: HandlerMode, func: Function, args: Any, kwargs: Any) -> Tensor:
        self.met += 1
        given, named = out_of_place(func, args, kwargs)
        with torch.no_grad():
            result = func(*given, **named)
        if self._rule == "deconvnet":
            return with_backward(lambda back: (back.clamp(min=0),), result, args[0])
        is_open = result > 0
        return with_backward(lambda back: (back.clamp(min=0) * is_open,), result, args[0])


def gradient_of(
    explained: ExplainedModel, values: Tensor, rule: ReluRule = "plain"
) -> tuple[Tensor, Tensor]:
    """Return the gradient of the scores by what the network's inputs are made of.

    Parameters
    ----------
    values : Tensor, (N, C, T, h, w)
        The planes of clips, as `VideoModel.planes` makes them.
    rule : "plain", "guided" or "deconvnet"
        What passes a ReLU: the gradient where it is open (Simonyan et al. 2014, arXiv
        1312.6034), only its positive part there (Springenberg et al. 2015, arXiv 1412.6806), or
        its positive part everywhere (Zeiler and Fergus 2014, arXiv 1311.2901).

    Returns
    -------
    gradient : Tensor, (N, C, T, h, w)
    logits : Tensor, (N, K)
    """
    leaf = values.detach().clone().requires_grad_()
    mode = _GradientMode(rule)
    with mode:
        logits = newest(explained.logits_of(leaf.clone()))  # a copy, as the network may change it
    if rule != "plain" and not mode.met:
        explained.note("The network has no ReLU, so this is the plain gradient.")
    gradient = explained.gradient(explained.scores(logits).sum(), leaf)
    return gradient, logits.detach()


def _convolution(mode: HandlerMode, func: Function, args: Any, kwargs: Any) -> Tensor:
    values, weight, bias, *rest = convolution_arguments(func, args, kwargs)
    return convolve(func, values, weight, bias, rest)
