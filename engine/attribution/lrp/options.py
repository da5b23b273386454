"""Options of layer-wise relevance propagation, those of its rules among them. Free of torch."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TypeVar

from engine.attribution.lrp.composites import AUTOMATIC, COMPOSITES
from engine.attribution.lrp.rules import RULES
from engine.attribution.options import MethodOptions, option

Kind = TypeVar("Kind", bound=type[MethodOptions])


def _with_rule_options(kind: Kind) -> Kind:
    """Add the options of all rules to a class of options, behind its own."""
    for rule in RULES.values():
        for part in fields(rule):
            if part.metadata:
                kind.__annotations__[part.name] = part.type
                setattr(kind, part.name, field(default=part.default, metadata=part.metadata))
    return kind


@dataclass(frozen=True, slots=True)
@_with_rule_options
class LrpOptions(MethodOptions):
    """Options of layer-wise relevance propagation."""

    composite: str = option(
        AUTOMATIC,
        "Which rule works where; automatic is attention for networks with LayerNorm, and "
        "epsilon-plus-box for all others.",
        choices=(AUTOMATIC, *COMPOSITES),
    )
    first: str = option(
        "composite",
        "Rule where the input enters, in place of the composite's.",
        choices=("composite", *(name for name, rule in RULES.items() if rule.at_input)),
    )
    pooling: str = option(
        "winner",
        "Max pooling: all to the winner, or in proportion to the values.",
        choices=("winner", "proportional"),
    )
    addition: str = option(
        "composite",
        "A sum of branches: shared by their positive parts, or by their signed values.",
        choices=("composite", "positive", "signed"),
    )
    biases: str = option(
        "composite",
        "Whether biases take their share; the sum then differs from the logit by what they took. "
        "Networks with LayerNorm refuse nothing: relevance would have no bounds.",
        choices=("composite", "nothing", "share"),
    )
    attention: str = option(
        "values",
        "Attention: through the values alone, or through queries and keys too; the sum then "
        "differs from the logit.",
        choices=("values", "all"),
    )
