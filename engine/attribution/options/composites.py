"""Composites: which rule works where. Data alone, by name, as people cite them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.errors import AttributionError
from engine.utils.hints import closest

RuleName = Literal["epsilon", "z-plus", "alpha-beta", "gamma", "z-box", "flat", "w-square"]
Addition = Literal["positive", "signed"]


@dataclass(frozen=True, slots=True)
class Composite:
    """Rules for the parts of a network.

    Attributes
    ----------
    convolution, dense : str
        Rules of convolutions, and of matrix products and the last linear operation.
    first : str or None
        Rule where the network's input enters; None: the same as elsewhere.
    addition : "positive" or "signed"
        How a sum of two branches shares relevance: by their positive parts, or by their values.
    starts_with_one : bool
        Whether the explained class starts with relevance 1 (a probability) instead of its score.
    biases : bool
        Whether biases take their share. They must under the gamma rule, whose denominators could
        vanish without them.
    stabiliser : float
        Added to what divides, as `engine.attribution.lrp.rules` describes it; composites that other
        programs have too add as much as they do, so that the maps agree.
    contrastive : bool
        Whether the relevance of the negated classifier is subtracted (contrastive MWP).
    source : str
        Paper.
    """

    convolution: RuleName
    dense: RuleName
    first: RuleName | None = None
    addition: Addition = "signed"
    starts_with_one: bool = False
    contrastive: bool = False
    biases: bool = False
    stabilizer: float = 1e-6
    source: str = ""


_KOHLBRENNER = "Kohlbrenner et al. 2020, arXiv 1910.09840"

COMPOSITES: dict[str, Composite] = {
    "epsilon-plus-box": Composite(
        "z-plus",
        "epsilon",
        "z-box",
        "positive",
        stabilizer=0.0,
        source=f"Montavon et al. 2017; {_KOHLBRENNER}",
    ),
    "attention": Composite(
        "epsilon",
        "epsilon",
        "z-box",
        biases=True,
        stabilizer=0.0,
        source="Ali et al. 2022, arXiv 2202.07304",
    ),
    "deep-taylor": Composite(
        "z-plus", "z-plus", "z-box", "positive", stabilizer=0.0, source="Montavon et al. 2017"
    ),
    "epsilon-plus": Composite("z-plus", "epsilon", source=_KOHLBRENNER),
    "epsilon-plus-flat": Composite("z-plus", "epsilon", "flat", source=_KOHLBRENNER),
    "epsilon-alpha2-beta1": Composite("alpha-beta", "epsilon", source=_KOHLBRENNER),
    "epsilon-alpha2-beta1-flat": Composite("alpha-beta", "epsilon", "flat", source=_KOHLBRENNER),
    "epsilon-gamma-box": Composite(
        "gamma", "epsilon", "z-box", biases=True, source="Montavon et al. 2019, section 10.2"
    ),
    "excitation-backprop": Composite(
        "z-plus", "z-plus", starts_with_one=True, source="Zhang et al. 2016, arXiv 1608.00507"
    ),
    "contrastive-excitation-backprop": Composite(
        "z-plus",
        "z-plus",
        starts_with_one=True,
        contrastive=True,
        source="Zhang et al. 2016, section 3.3",
    ),
}
AUTOMATIC = "automatic"
"""Stands for one of the two below, after what the network is made of."""

_FOR_CONVOLUTIONS = "epsilon-plus-box"
_FOR_TRANSFORMERS = "attention"


def find_composite(name: str, *, transformer: bool = False) -> Composite:
    """Composite of that name; "automatic" takes the one for transformers or for the others.

    Raises
    ------
    AttributionError
        If there is none.
    """
    if name == AUTOMATIC:
        name = _FOR_TRANSFORMERS if transformer else _FOR_CONVOLUTIONS
    if name not in COMPOSITES:
        raise AttributionError(f"There is no composite called {name!r}.", closest(name, COMPOSITES))
    return COMPOSITES[name]
