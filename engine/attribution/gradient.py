"""The gradient of the explained logit, plain or times the input."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.models.model import Clip


def explain_by_gradient(
    network: Callable[[Tensor], Tensor], clip: Clip, choose: Callable[[Tensor], int]
) -> tuple[Tensor, Tensor]:
    """Gradient of one logit by the input (Simonyan et al. 2014, arXiv 1312.6034).

    Parameters and results as for `engine.attribution.lrp.explain_by_lrp`.
    """
    leaf = clip.tensor.detach().clone().requires_grad_()
    with torch.enable_grad():
        logits = network(leaf.clone())  # a copy, as the network may change its input in place
        logit = logits[0, choose(logits.detach())]
    (gradient,) = torch.autograd.grad(logit, leaf)
    return gradient, logits.detach()


def explain_by_input_x_gradient(
    network: Callable[[Tensor], Tensor], clip: Clip, choose: Callable[[Tensor], int]
) -> tuple[Tensor, Tensor]:
    """Input times gradient (Shrikumar et al. 2016, arXiv 1605.01713).

    Parameters and results as for `engine.attribution.lrp.explain_by_lrp`.
    """
    gradient, logits = explain_by_gradient(network, clip, choose)
    return clip.tensor * gradient, logits
