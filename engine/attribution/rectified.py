"""Guided backpropagation and deconvnet: gradients that pass a ReLU by another rule.

Any ReLU counts, whether a module, a function or in place.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.attribution.composites import Composite
from engine.attribution.found import Found
from engine.attribution.handling import Function, Settings, Tape, relevant
from engine.attribution.in_place import is_in_place
from engine.attribution.marks import newest
from engine.attribution.modes import HandlerMode
from engine.attribution.operations import RECTIFIERS
from engine.attribution.options import MethodOptions
from engine.attribution.subject import Subject
from engine.models.model import Clip


class _RectifierMode(HandlerMode):
    """Counts the ReLUs met and gives them another backward."""

    def __init__(self, *, guided: bool) -> None:
        handlers = dict.fromkeys(RECTIFIERS, self._rectify)
        super().__init__(handlers, Settings(Composite("epsilon", "epsilon")))
        self._guided = guided
        self.met = 0

    def _rectify(self, tape: Tape, func: Function, args: Any, kwargs: Any) -> Tensor:
        self.met += 1
        values, rest = args[0], args[1:]
        given = values.detach().clone() if is_in_place(func, args, kwargs) else values.detach()
        with torch.no_grad():
            result = func(given, *rest, **kwargs)
        if not self._guided:
            return relevant(lambda back: (back.clamp(min=0),), result, values)
        open_ = result > 0
        return relevant(lambda back: (back.clamp(min=0) * open_,), result, values)


def explain_by_guided_backprop(subject: Subject, clip: Clip, options: MethodOptions) -> Found:
    """Guided backpropagation (Springenberg et al. 2015, arXiv 1412.6806).

    Only positive gradients pass a ReLU, and only where it is open.
    """
    return _explain(subject, clip, guided=True)


def explain_by_deconvnet(subject: Subject, clip: Clip, options: MethodOptions) -> Found:
    """Deconvnet (Zeiler and Fergus 2014, arXiv 1311.2901): only positive gradients pass a ReLU."""
    return _explain(subject, clip, guided=False)


def _explain(subject: Subject, clip: Clip, *, guided: bool) -> Found:
    leaf = clip.tensor.detach().clone().requires_grad_()
    mode = _RectifierMode(guided=guided)
    with mode:
        logits = newest(subject.logits(leaf.clone()))
    if not mode.met:
        subject.note("The network has no ReLU, so this is the plain gradient.")
    (gradient,) = torch.autograd.grad(subject.scores(logits).sum(), leaf)
    return Found(gradient.sum(1), logits.detach(), subject.scores(logits.detach()))
