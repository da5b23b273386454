"""The files that an explanation is made from, which no result may be written over."""

from __future__ import annotations

from pathlib import Path

from engine.errors import ModelError
from engine.models.cards.library import find_card
from engine.types import Request


def inputs_of(request: Request) -> tuple[Path, ...]:
    """Return video, weights, labels, prior and model card of a request, and the card's files."""
    named = [request.video, request.weights, request.labels, request.prior]
    if any(sign in request.video.name for sign in "%*?["):  # a pattern of pictures
        named.append(request.video.parent)
    try:
        card = find_card(request.model)
    except ModelError:  # loading it will tell
        card = None
    if card is not None:
        files = (card.network.partition(":")[0], card.checkpoint, card.labels)
        named += [card.path, *(card.folder / name for name in files if name)]
    return tuple(path for path in named if path is not None)
