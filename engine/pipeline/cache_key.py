"""Key of everything that decides an explanation: requests of one key give equal maps.

Paths count by what their files hold, so that a moved video keeps its name. How relevance is
separated afterwards does not count, but maps of evidence are computed with it. No torch.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from engine.attribution.catalogue import find_entry
from engine.attribution.options import read_options
from engine.errors import ModelError, os_errors
from engine.evidence.prior import prior_file
from engine.models.cards.card import HUB_PREFIX, ModelCard
from engine.models.cards.library import find_card
from engine.models.catalogue import MODELS
from engine.plugins import plugin_methods
from engine.store.document import versions
from engine.types import Request
from engine.video.content_hash import content_id, file_id
from resources import resource_path

_SEPARATION = ("preset", "sigma")
_PATHS = ("video", "weights", "labels", "prior")
_ENGINE = Path(__file__).parents[1]  # all of it decides: whatever is imported from here may
_BUNDLED = ("figures.safetensors", "figures.prior.json")


def request_key(request: Request) -> str | None:
    """Return the key of a request: 40 hexadecimal digits, or None.

    It is made of every field but ``preset`` and ``sigma``, and of whether maps of evidence are
    asked for, which the preset "evidence" needs; of what the video, the weights, the
    labels, the model card with its files and the prior hold; of the engine's own code, and the
    versions of the libraries below it.

    Returns
    -------
    str or None
        None where code has a part that cannot be followed: a plugin, a network of an installed
        package, a model in the cache of the hub, a server. Such results are not kept.

    Raises
    ------
    EngineError
        If the video, the weights, the labels, the card, the prior, the method or an option cannot
        be used.
    """
    entry = find_entry(request.method)
    model = _model(request.model)
    if model is None or entry.info.name in plugin_methods():
        return None
    fields = asdict(request)
    for name in (*_SEPARATION, *_PATHS):
        del fields[name]
    fields |= {
        "method": entry.info.name,
        "options": asdict(
            read_options(entry.options, request.method, dict(request.options), entry.preset)
        ),
        "model": model,
        "video": content_id(request.video),
        "weights": _file(request.weights),
        "labels": _file(request.labels),
        "prior": _prior(request),
        "code": code_id(_ENGINE),
        "versions": versions(),
    }
    key = _digest(json.dumps(fields, sort_keys=True, default=str))
    return key_with_maps(key) if request.preset == "evidence" else key


def deciding_files(request: Request) -> list[Path]:
    """Return the user's files that decide an explanation besides the video, each once.

    Of a card whose network has parts that cannot be followed, the card itself, its weights and
    labels.

    Raises
    ------
    ModelError
        If the card cannot be used.
    """
    card = find_card(request.model)
    files = [] if card is None else files_of(card) or _named_by(card)
    named = [request.weights, request.labels, None if request.evidence == "off" else request.prior]
    return list(dict.fromkeys([*files, *(path for path in named if path is not None)]))


def key_with_maps(key: str) -> str:
    """Return the key of a request for maps of evidence besides, from that of one without.

    Its analysis answers both.
    """
    return _digest(f"{key} with maps of evidence")


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


def _model(name: str) -> dict[str, Any] | None:
    """Return the identity of the network and its input, or None if it cannot be known."""
    card = find_card(name)
    if card is None:
        return {"name": name} if name in MODELS else None
    files = files_of(card)
    if files is None:
        return None
    return {"name": card.name, "files": [(path.name, _file(path)) for path in files]}


def files_of(card: ModelCard) -> list[Path] | None:
    """Return the files that a card's network is made of, or None if not all are known."""
    files = _named_by(card)
    if card.endpoint is not None:
        return None
    if card.is_known or card.frame_network is not None:
        return files
    own = card.folder / card.network.removeprefix(HUB_PREFIX)
    if card.is_of_hub:
        if not own.is_dir():
            return None
        return files + sorted(path for path in own.rglob("*") if path.is_file())
    if ":" not in card.network:
        return [*files, own]
    module = card.network.partition(":")[0]
    if not any((card.folder / name).is_file() for name in (module, f"{module}.py")):
        return None
    # What a network's file imports from its folder decides as much as itself.
    return files + sorted(card.folder.rglob("*.py"))


def _named_by(card: ModelCard) -> list[Path]:
    """Return a card's own file and those of its weights and labels."""
    named = (card.path, card.checkpoint, card.labels)
    return [path for path in named if path is not None]


def _prior(request: Request) -> str | None:
    """Return the identity of the prior that will be taken, or None for one made of the video."""
    if request.evidence == "off":
        return None
    return _file(request.prior or prior_file(request.model, request.weights))


def _file(path: Path | None) -> str | None:
    if path is None:
        return None
    with os_errors(ModelError, f"{path} cannot be read", "Check its path."):
        return file_id(path)


@cache
def code_id(package: Path) -> str:
    """Return a hash of a package's modules and the bundled weights: versions differ in them."""
    digest = hashlib.blake2b(digest_size=20)
    for path in sorted(package.rglob("*.py")):
        digest.update(path.read_bytes())
    for name in _BUNDLED:
        with resource_path(name) as path:
            digest.update(path.read_bytes())
    return digest.hexdigest()
