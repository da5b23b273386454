"""What a study measures, and how: kept in its folder, so that a later run goes on with it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from engine.errors import EngineError
from engine.study.place import Place
from engine.types import Request
from engine.utils.atomic import write_text
from engine.utils.bounded_files import read_bounded
from engine.utils.schema import convert, parse_json, to_plain

FORMAT = "study of Motion Inspector"
VERSION = 1

MapsWanted = Literal["none", "telling", "all"]
Count = Annotated[int, Meta(ge=1)]

_MOST_BYTES = 64 * 2**20
_OTHER = "Choose another --out, or measure all again with --overwrite."


@dataclass(frozen=True, slots=True)
class StudySettings:
    """What decides the results of a study.

    Attributes
    ----------
    request : Request
        Its ``video`` is the source; its class is left to the model.
    with_maps : bool
        Whether relevance is computed, for the changing share; evidence alone takes less time.
    windows : int or None
        Windows of each clip, spread evenly; None takes all that `explain` makes.
    shuffles : int
        Random orders of the frames for the scores without movement; 0 leaves these out.
    """

    request: Request
    with_maps: bool = True
    windows: Count | None = None
    shuffles: Annotated[int, Meta(ge=0)] = 2


@dataclass(frozen=True, slots=True)
class StoredStudy:
    """The content of study.json.

    Attributes
    ----------
    format, version : str, int
        Of the folder and its files.
    settings : StudySettings
    files : dict of str to str
        Hashes of the weights, labels, prior and the files of the model's card.
    labels : tuple of str
        The model's classes.
    """

    format: str
    version: int
    settings: StudySettings
    files: dict[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()


def load_study(place: Place) -> StoredStudy:
    """Return what a study's folder says of it.

    Raises
    ------
    EngineError
        If there is no study, or it is of a later version.
    """
    path = place.settings
    try:
        stored = convert(parse_json(read_bounded(path, _MOST_BYTES)), StoredStudy, path.name)
    except FileNotFoundError as error:
        raise EngineError(f"{place.folder} holds no study.", "Check the folder.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise EngineError(f"{path} cannot be used: {reason}.", _OTHER) from error
    if stored.format != FORMAT or stored.version > VERSION:
        raise EngineError(f"{path} is of version {stored.version}, or of no study.", _OTHER)
    return stored


def save_study(place: Place, study: StoredStudy) -> None:
    """Write study.json."""
    write_text(place.settings, json.dumps(to_plain(study), indent=1) + "\n")


def difference(old: StoredStudy, new: StoredStudy) -> str:
    """Return in what results of two studies would differ, "" where they do not."""
    before, after = _deciding(old), _deciding(new)
    names = [name for name in after if before.get(name) != after[name]]
    pairs = (f"{name}: {_short(before.get(name))} and {_short(after[name])}" for name in names)
    return ", ".join(pairs)


def _deciding(study: StoredStudy) -> dict[str, Any]:
    """Return what decides the results. Paths count by what the files hold, devices not at all."""
    settings = replace(study.settings, request=replace(study.settings.request, video=Path()))
    values = asdict(settings)
    request: dict[str, Any] = values.pop("request")
    for name in ("video", "weights", "labels", "prior", "device"):
        del request[name]
    return request | values | study.files | {"classes": list(study.labels)}


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
