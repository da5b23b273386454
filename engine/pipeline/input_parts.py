"""What each declared input of a network got of a window's relevance."""

from __future__ import annotations

import numpy as np

from engine.attribution import Attribution
from engine.network_inputs import InputRelevance, NetworkInput


def input_parts(
    result: Attribution, inputs: tuple[NetworkInput, ...]
) -> tuple[InputRelevance, ...]:
    """Return what each input got, none where the method does not tell them apart."""
    if result.by_input is None:
        return ()
    return tuple(
        InputRelevance(
            one.name, float(part.sum(dtype=np.float64)), float(np.abs(part).sum(dtype=np.float64))
        )
        for one, part in zip(inputs, result.by_input, strict=True)
    )
