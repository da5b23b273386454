"""Self-tests of earlier starts, kept in the cache."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from engine.models.devices.precisions import Precision
from engine.models.devices.self_test import SelfTest
from engine.utils.atomic import write_text
from engine.utils.bounded_files import read_bounded
from engine.utils.paths import cache_folder
from engine.utils.schema import convert, parse_json, to_plain

log = logging.getLogger(__name__)

_EDITION = "1"  # another number forgets what was tested with other layers or limits
_MOST_BYTES = 2**22
_Kept = dict[str, SelfTest]


def recall(key: str, precision: Precision) -> SelfTest | None:
    """Return the self-test of a device in a precision, None if it was not made or cannot be read.

    Parameters
    ----------
    key : str
        `engine.models.devices.facts.self_test_key`.
    precision : str
    """
    return _read().get(_name(key, precision))


def remember(key: str, test: SelfTest) -> None:
    """Keep a self-test in place of an earlier one; where that fails it is made again."""
    kept = _read() | {_name(key, test.precision): test}
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(to_plain(kept), indent=1))
    except OSError:
        log.info("the self-test cannot be kept in %s", path, exc_info=True)


def _read() -> _Kept:
    try:
        return convert(parse_json(read_bounded(_path(), _MOST_BYTES)), _Kept)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        log.info("the self-tests in %s cannot be used", _path(), exc_info=True)
        return {}


def _name(key: str, precision: Precision) -> str:
    return f"{_EDITION} | {precision} | {key}"


def _path() -> Path:
    return cache_folder() / "self-tests.json"
