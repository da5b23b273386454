"""Composites: the rules for each part of a network. Data alone, by name, as people cite them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.attribution.lrp.rules import AlphaBeta, Epsilon, Flat, Gamma, Rule, ZBox, ZPlus
from engine.errors import AttributionError
from engine.utils.hints import did_you_mean

Addition = Literal["positive", "signed"]


@dataclass(frozen=True, slots=True)
class Composite:
    """Rules for the parts of a network.

    Attributes
    ----------
    convolution, dense : type of Rule
        Rules of convolutions, and of matrix products and the last linear operation.
    first : type of Rule or None
        Rule where the network's input enters; None: the same as elsewhere.
    addition : "positive" or "signed"
        How a sum of two branches shares relevance: by their positive parts, or by their values.
    starts_with_one : bool
        Whether the explained class starts with relevance 1 (a probability) instead of its score.
    biases : bool
        Whether biases take their share. They must under the gamma rule, whose denominators could
        vanish without them.
    stabilizer : float
        As for `engine.attribution.lrp.operation.Operation`. Composites that other programs have
        too add as much as they do, so that the maps agree.
    contrastive : bool
        Whether the relevance of the negated classifier is subtracted (contrastive MWP).
    source : str
        Paper.
    """

    convolution: type[Rule]
    dense: type[Rule]
    first: type[Rule] | None = None
    addition: Addition = "signed"
    starts_with_one: bool = False
    contrastive: bool = False
    biases: bool = False
    stabilizer: float = 1e-6
    source: str = ""

    def rule_for(self, *, at_input: bool, is_dense: bool) -> type[Rule]:
        """Return the rule for a linear operation."""
        if at_input and self.first is not None:
            return self.first
        return self.dense if is_dense else self.convolution


_KOHLBRENNER = "Kohlbrenner et al. 2020, arXiv 1910.09840"

COMPOSITES: dict[str, Composite] = {
    "epsilon-plus-box": Composite(
        ZPlus,
        Epsilon,
        ZBox,
        "positive",
        stabilizer=0.0,
        source=f"Montavon et al. 2017; {_KOHLBRENNER}",
    ),
    "attention": Composite(
        Epsilon,
        Epsilon,
        ZBox,
        biases=True,
        stabilizer=0.0,
        source="Ali et al. 2022, arXiv 2202.07304",
    ),
    "deep-taylor": Composite(
        ZPlus, ZPlus, ZBox, "positive", stabilizer=0.0, source="Montavon et al. 2017"
    ),
    "epsilon-plus": Composite(ZPlus, Epsilon, source=_KOHLBRENNER),
    "epsilon-plus-flat": Composite(ZPlus, Epsilon, Flat, source=_KOHLBRENNER),
    "epsilon-alpha2-beta1": Composite(AlphaBeta, Epsilon, source=_KOHLBRENNER),
    "epsilon-alpha2-beta1-flat": Composite(AlphaBeta, Epsilon, Flat, source=_KOHLBRENNER),
    "epsilon-gamma-box": Composite(
        Gamma, Epsilon, ZBox, biases=True, source="Montavon et al. 2019, section 10.2"
    ),
    "excitation-backprop": Composite(
        ZPlus, ZPlus, starts_with_one=True, source="Zhang et al. 2016, arXiv 1608.00507"
    ),
    "contrastive-excitation-backprop": Composite(
        ZPlus,
        ZPlus,
        starts_with_one=True,
        contrastive=True,
        source="Zhang et al. 2016, section 3.3",
    ),
}
AUTOMATIC = "automatic"
"""Resolved to one of the two defaults below from the network's layers."""

_FOR_CONVOLUTIONS = "epsilon-plus-box"
_FOR_TRANSFORMERS = "attention"


def find_composite(name: str, *, transformer: bool = False) -> Composite:
    """Return the composite of that name, for "automatic" the default of the kind of network.

    Raises
    ------
    AttributionError
        If there is none.
    """
    if name == AUTOMATIC:
        name = _FOR_TRANSFORMERS if transformer else _FOR_CONVOLUTIONS
    if name not in COMPOSITES:
        raise AttributionError(
            f"There is no composite called {name!r}.", did_you_mean(name, COMPOSITES)
        )
    return COMPOSITES[name]
