"""Settings that name what is not here: a model, a method, a file, a class, an option."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.descriptions import ModelInfo
from engine.types import Request
from engine.utils.paths import config_folder
from gui.tasks.jobs import Failure

_CARD_SUFFIX = ".toml"
_MODEL_CARDS = "models"  # the folder of cards in the folder of settings
_ANOTHER = "or choose another model"


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that settings ask for and that cannot be used here.

    Attributes
    ----------
    text : str
        "the model fancy is not here".
    remedy : str
        A sentence that says where it comes from.
    """

    text: str
    remedy: str


def missing_model(name: str, models: Mapping[str, ModelInfo]) -> Missing | None:
    """Return a model that is not here. A card outside the list counts as a file."""
    if name in models or _is_card(name):
        return None
    remedy = (
        f"Put its card into {config_folder() / _MODEL_CARDS}, or install the plugin package "
        "that brings it, and start again; or choose another model."
    )
    return Missing(f"the model {name} is not here", remedy)


def missing_files(request: Request) -> tuple[Missing, ...]:
    """Return the files of a request that are missing. For a worker thread: a disk may be slow."""
    files = {
        "model card": (Path(request.model) if _is_card(request.model) else None, _ANOTHER),
        "weights file": (request.weights, 'or choose others with "Own weights..."'),
        "labels file": (request.labels, _ANOTHER),
        "prior": (request.prior, "or choose another with the button beside Evidence"),
    }
    return tuple(
        Missing(f"the {kind} {path} is missing", f"Copy it there, {otherwise}.")
        for kind, (path, otherwise) in files.items()
        if path is not None and not _is_there(path)
    )


def missing_method(name: str) -> Missing:
    """Return a method that is not here."""
    remedy = "Install the plugin package that brings this method, or choose another method."
    return Missing(f"the method {name} is not here", remedy)


def failure_of(missing: Sequence[Missing]) -> Failure:
    """Return the problem that settings cannot be used, in one sentence and what to do."""
    reasons = ", and ".join(one.text for one in missing)
    remedies = " ".join(dict.fromkeys(one.remedy for one in missing))
    return Failure(f"These settings cannot be explained here: {reasons}.", remedies)


def _is_card(model: str) -> bool:
    return model.lower().endswith(_CARD_SUFFIX)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # no name of a file
        return False
