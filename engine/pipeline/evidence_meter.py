"""Evidence for the decision on each window of a run, all counted from one prior."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from engine.attribution import Attribution
from engine.cancel import Check
from engine.errors import AttributionError
from engine.evidence import Evidence, Prior, decision_evidence, kept_prior, load_prior
from engine.evidence.decision import clip_prior
from engine.evidence.effort import EFFORTS
from engine.models import Clip, VideoModel
from engine.store.resumable import State
from engine.types import Request

_OF_VALUES = (
    "Evidence is counted in bits of probabilities, and this model gives values: there is none. "
    "motion-use compares its values for the clip frozen, reversed and shuffled."
)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Evidence for a window, or why there is none: empty where none was asked for."""

    evidence: Evidence | None
    notice: str = ""


class EvidenceMeter:
    """Measures windows one after the other.

    The prior is the request's, else the one kept with the model, else one made of the first
    window, and then stays the same.

    Parameters
    ----------
    model : VideoModel
    request : Request
        Its effort, prior, model and weights are used.
    check : callable
        Called between passes; raises `Cancelled` to stop.

    Raises
    ------
    ModelError
        If the prior cannot be used.
    """

    def __init__(self, model: VideoModel, request: Request, check: Check) -> None:
        self._model = model
        self._effort = EFFORTS[request.evidence]
        self._check = check
        self._of_values = self._effort.passes > 0 and model.spec.activation == "none"
        if self._of_values:
            self._effort = EFFORTS["off"]
        self._prior = prior_of(request, len(model.spec.labels)) if self._effort.passes else None

    def measure(self, clip: Clip, explained: Attribution) -> Measured:
        """Measure a window that was explained.

        A network that cannot take the clip's variants is explained all the same.
        """
        if not self._effort.passes:
            return Measured(None, _OF_VALUES if self._of_values else "")
        try:
            return Measured(self._evidence(clip.moved_to(self._model.device), explained))
        except torch.OutOfMemoryError:
            told = f"The memory of {self._model.device} is too small for evidence"
            if self._model.device.type == "cpu":
                return Measured(None, f"{told}.")
            self._model = self._model.copied_to(torch.device("cpu"))
            measured = self.measure(clip, explained)
            return replace(measured, notice=measured.notice or f"{told}: measured on the CPU.")
        except AttributionError as error:
            return Measured(None, f"Evidence could not be measured: {error}")

    @property
    def has_prior(self) -> bool:
        """True once there is one, or where none is needed."""
        return self._prior is not None or not self._effort.passes

    def make_prior(self, clip: Clip) -> bool:
        """Make the prior of a clip, the first window; False if the network cannot be asked."""
        try:
            self._prior = clip_prior(self._model, clip, check=self._check)
        except (torch.OutOfMemoryError, AttributionError):
            return False
        return True

    def state(self) -> State:
        """Return the prior as arrays, for `restore`."""
        if self._prior is None:
            return {}
        return {"prior": self._prior.row[0], "prior_source": np.array(self._prior.source)}

    def restore(self, state: State) -> None:
        """Continue with the prior of a `state`."""
        if "prior" in state and self._effort.passes:
            logits = tuple(float(value) for value in state["prior"])
            self._prior = Prior(logits, str(state["prior_source"]))

    def _evidence(self, clip: Clip, explained: Attribution) -> Evidence:
        if self._prior is None:
            self._prior = clip_prior(self._model, clip, check=self._check)
        return decision_evidence(
            self._model,
            clip,
            explained.target,
            prior=self._prior,
            stills=self._effort.stills,
            orders=self._effort.orders,
            pair=self._effort.pair,
            logits=explained.logits,
            check=self._check,
        )


def prior_of(request: Request, classes: int) -> Prior | None:
    """Return the prior of a request: its own, or the one kept with its model, or None.

    Raises
    ------
    ModelError
        If there is one that cannot be used.
    """
    if request.prior is not None:
        return load_prior(request.prior, classes)
    return kept_prior(request.model, request.weights, classes)
