"""Times of earlier runs, kept on disk to predict those of the next."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

from engine.utils.atomic import write_text
from engine.utils.bounded_files import read_bounded
from engine.utils.paths import cache_folder
from engine.utils.schema import parse_json

log = logging.getLogger(__name__)

_SEPARATOR = "|"
_MOST_BYTES = 2**22
_MOST_SCALED = 4.0


def record(model: str, method: str, device: str, seconds: float) -> None:
    """Store the time of a window, in place of an earlier one.

    Where that fails the log says so: the next run measures again.

    Parameters
    ----------
    model, method, device : str
        As in `engine.types.Request`.
    seconds : float
        Time for one window with the method's default options, > 0.

    Raises
    ------
    ValueError
        If the time is not a number above 0.
    """
    if not _is_time(seconds):
        raise ValueError(f"{seconds} is not a time")
    path = _path()
    known = _read() | {_key(model, method, device): seconds}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(known, indent=1))
    except OSError:
        log.info("the time cannot be kept in %s", path, exc_info=True)


def predict_seconds(
    model: str, method: str, device: str, windows: int, passes: Mapping[str, int]
) -> float | None:
    """Return the time that some windows will take, or None if unknown.

    Parameters
    ----------
    model, method, device : str
        As they were given to `record`.
    windows : int
        How many.
    passes : mapping
        Passes over the network that each method takes, `MethodInfo.passes` by name: a method
        not run before is scaled from the one that comes nearest to it, if that takes up to four
        times as many or as few: beyond, what a window costs besides its passes, and the cost of
        those backward, would make hours of minutes.

    Returns
    -------
    float or None
        In seconds; None where this model has not been run on this device by such a method.
    """
    history = _read()
    times = {other: history.get(_key(model, other, device)) for other in passes}
    known: dict[str, float] = {other: time for other, time in times.items() if _is_time(time)}
    if method not in passes or not known:
        return None
    nearest = min(known, key=lambda other: (other != method, _distance(passes, other, method)))
    if _distance(passes, nearest, method) > math.log(_MOST_SCALED):
        return None
    scale = 1.0 if nearest == method else passes[method] / passes[nearest]
    return windows * known[nearest] * scale


def _distance(passes: Mapping[str, int], one: str, other: str) -> float:
    return abs(math.log(passes[one] / passes[other]))


def _read() -> dict[str, Any]:
    """Read the history, empty if the file is missing or broken."""
    try:
        history = parse_json(read_bounded(_path(), _MOST_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        log.info("the times in %s cannot be used", _path(), exc_info=True)
        return {}
    return history if isinstance(history, dict) else {}


def _is_time(value: object) -> TypeGuard[float]:
    return isinstance(value, float | int) and math.isfinite(value) and value > 0


def _key(model: str, method: str, device: str) -> str:
    return _SEPARATOR.join((model, method, device))


def _path() -> Path:
    return cache_folder() / "speed.json"
