"""Relevance of the declared inputs of a network: what each got, and the one that is shown."""

from __future__ import annotations

import numpy as np

from engine.attribution import Attribution
from engine.errors import AttributionError
from engine.network_inputs import InputRelevance, NetworkInput
from engine.types import Float32Array, ModelSpec, Request
from engine.utils.hints import did_you_mean


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


def check_input(request: Request, spec: ModelSpec) -> None:
    """Refuse an input that a model does not have, or that no map can be made of.

    Raises
    ------
    AttributionError
    """
    if request.input is None:
        return
    names = [one.name for one in spec.inputs]
    if request.input not in names:
        raise AttributionError(
            f"{spec.name} has no input {request.input!r}.",
            did_you_mean(request.input, names) if names else "It takes one clip: name no input.",
        )
    if request.preset == "evidence":
        raise AttributionError(
            f"Maps of evidence are of all inputs together, not of {request.input!r} alone.",
            "Choose another preset, or name no input.",
        )


def shown_relevance(result: Attribution, request: Request, spec: ModelSpec) -> Float32Array:
    """Return the relevance that a request asks to be shown, float32 (T, h, w).

    Raises
    ------
    AttributionError
        If it is that of one input, and the method does not tell them apart.
    """
    if request.input is None or len(spec.inputs) == 1:
        return result.relevance
    if result.by_input is None:
        raise AttributionError(
            f"{request.method} does not tell the inputs of a network apart.",
            "Choose LRP or a gradient method, or name no input.",
        )
    shown: Float32Array = result.by_input[[one.name for one in spec.inputs].index(request.input)]
    return shown
