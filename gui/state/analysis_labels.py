"""Names for two analyses that are compared: what the one has and the other has not."""

from __future__ import annotations

from collections.abc import Mapping

from engine.store import Header
from engine.types import MethodInfo


def distinguishing_labels(
    first: Header, other: Header, methods: Mapping[str, MethodInfo]
) -> tuple[str, str]:
    """Short names of both, by the first thing in which they differ: ("Gradient", "LRP").

    Model, method, class, the class it is held against, options and weights are looked at in this
    order; where all are the same, the second is simply the one that was kept.
    """
    pairs = zip(_traits(first, methods), _traits(other, methods), strict=True)
    return next((pair for pair in pairs if pair[0] != pair[1]), ("this", "kept"))


def _traits(header: Header, methods: Mapping[str, MethodInfo]) -> tuple[str, ...]:
    request = header.request
    method = methods.get(request.method)
    options = ", ".join(f"{key} {value}" for key, value in request.options)
    return (
        header.spec.name,
        request.method if method is None else method.title,
        "the top class" if request.target is None else str(request.target),
        "no other class" if request.against is None else f"rather than {request.against}",
        options or "usual options",
        "its own weights" if request.weights is None else request.weights.name,
    )
