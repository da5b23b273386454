"""Layer-wise relevance propagation through unmodified networks.

`RelevanceMode` gives each operation of a forward pass a backward that carries relevance instead
of gradients; which rule works where is a `Composite`. The default is z^B where the input enters,
z+ in convolutions, epsilon in the classifier; additions and average pooling share in
proportion, max pooling gives all to the winner. Transformers take epsilon all through, and
the weights of attention as constants.
"""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import cast

import torch
from torch import Tensor, nn

from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.method_output import MethodOutput
from engine.attribution.base.tensor_tags import newest
from engine.attribution.lrp.composites import Addition, Composite, find_composite
from engine.attribution.lrp.context import Settings
from engine.attribution.lrp.function_mode import RelevanceMode, refuse_missing
from engine.attribution.lrp.options import LrpOptions
from engine.attribution.lrp.rules import RULES
from engine.errors import AttributionError
from engine.models.model import Clip

_GROWN = 100.0  # times the score; 13 at most where the rules suit the network (decision 0011)
_NORMALISING = re.compile("(layer|rms)_?norm", re.IGNORECASE)


def explain_by_lrp(explained: ExplainedModel, clip: Clip, options: LrpOptions) -> MethodOutput:
    """Trace relevance back to the input, layer by layer (Bach et al. 2015).

    Raises
    ------
    AttributionError
        If the network uses operations that have no rule; all of them are named.
    """
    transformer = _is_transformer(explained.model.module)
    if transformer and options.biases == "nothing":
        raise AttributionError(
            "Without the biases, LRP has no bounds in a network with LayerNorm: sums that it "
            "divides by can vanish, and relevance grows without limit.",
            "Leave biases at composite or share; the note with the result says what they took.",
        )
    settings = settings_of(options, transformer=transformer)
    if settings.biases:
        explained.note(
            "Biases, and class tokens if there are any, take their share of the score; what the "
            "relevance of the pixels sums to is the rest."
        )
    model = explained.model
    leaf = model.planes(clip.tensor).detach().clone().requires_grad_()
    mode = RelevanceMode(model.bounds(clip), settings)
    entered = mode.enter(leaf.clone())
    with mode:
        logits = newest(explained.logits_of(entered))
    refuse_missing(logits)
    start, score = _start(explained, logits.detach(), settings.composite)
    gradient = explained.gradient(logits, leaf, start)
    parts = model.by_input(gradient)
    _judge_size(explained, parts.sum(1), start)
    return MethodOutput.of_parts(parts, logits.detach(), score, mode.positions)


def _judge_size(explained: ExplainedModel, relevance: Tensor, start: Tensor) -> None:
    """Refuse relevance that is not finite, and tell of relevance that grew out of all bounds."""
    if not bool(torch.isfinite(relevance).all()):
        raise AttributionError(
            "The relevance is not finite: sums that LRP divides by vanish in this network.",
            "Set the method's options back, or choose a gradient or perturbation method.",
        )
    grown = float(relevance.abs().sum() / start.abs().sum().clamp(min=1e-30))
    if grown > _GROWN:
        explained.note(
            "The parts of the relevance are over a hundred times as large as the score and cancel "
            "out: this map says nothing. Set the method's options back, or choose another method."
        )


def settings_of(options: LrpOptions, *, transformer: bool = False) -> Settings:
    """Return the handlers' settings from a user's options, for one kind of network."""
    composite = find_composite(options.composite, transformer=transformer)
    if options.first != "composite":
        composite = replace(composite, first=RULES[options.first])
    if options.addition != "composite":
        composite = replace(composite, addition=cast("Addition", options.addition))
    return Settings(
        composite=composite,
        parameters=asdict(options),
        winner=options.pooling == "winner",
        biases=composite.biases if options.biases == "composite" else options.biases == "share",
        weights_are_constant=options.attention == "values",
    )


def _is_transformer(network: nn.Module) -> bool:
    """Tell whether a network's features lack the sign that those behind ReLU have.

    Sharing by positive parts, or without the biases, then blows relevance up (decision 0011).
    """
    return any(
        isinstance(part, nn.LayerNorm | nn.RMSNorm) or _NORMALISING.search(type(part).__name__)
        for part in network.modules()
    )


def _start(
    explained: ExplainedModel, logits: Tensor, composite: Composite
) -> tuple[Tensor, Tensor]:
    """Return the relevance of the logits, (N, K), and its sum in each clip, (N,).

    Each logit starts with what it contributes to the score: its value times the score's slope.
    """
    leaf = logits.clone().requires_grad_()
    scores = explained.scores(leaf)
    (slope,) = torch.autograd.grad(scores.sum(), leaf)
    if composite.starts_with_one:
        return slope, slope.sum(1) * (0 if composite.contrastive else 1)
    return slope * logits, scores.detach()
