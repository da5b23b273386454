"""Files that a card names, as people write them on Windows and elsewhere. No torch."""

from __future__ import annotations

import os
import re
from pathlib import Path, PureWindowsPath

from engine.errors import ModelError
from engine.utils.schema import shortened

_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")
"""Begin of an absolute path of Windows: a drive, or a server."""
_LONGEST_PATH = 4096
_QUOTES = (
    "Write paths in single quotes, as in checkpoint = 'weights\\best.pth', or with forward "
    "slashes: in double quotes TOML takes \\ for the beginning of another character."
)


def file_beside(card: Path, file: Path, key: str) -> Path:
    """Return the path of a file that a card names, from the folder of the card.

    Raises
    ------
    ModelError
        If it has signs that no path has, or is a path of Windows on another system.
    """
    return card.parent / _here(card, str(file), key)


def network_beside(card: Path, network: str) -> str:
    """Return the network of a card with the slashes of this system, where it names a file.

    Raises
    ------
    ModelError
        As `file_beside` does.
    """
    if "://" in network:
        return network
    where, colon, function = network[2:].rpartition(":")
    if not colon:
        return _here(card, network, "network")
    return f"{_here(card, network[:2] + where, 'network')}:{function}"


def hint_of_toml(text: str, error: str) -> str:
    """Return what to do where a text is not TOML, as paths of Windows make it."""
    found = re.search(r"at line (\d+)", error)
    lines = text.splitlines()
    number = int(found[1]) - 1 if found else len(lines) - 1
    if 0 <= number < len(lines) and "\\" in lines[number]:
        return _QUOTES
    if "overwrite" in error:
        return "A key is there twice: keep one of its lines."
    return 'Write one key a line, texts in quotes: name = "mine".'


def _here(card: Path, text: str, key: str) -> str:
    if len(text) > _LONGEST_PATH:
        raise ModelError(
            f"The key {key!r} of the card {card} is longer than paths can be: {shortened(text)}.",
            f"A path has up to {_LONGEST_PATH} characters.",
        )
    if any(ord(sign) < 32 for sign in text):
        raise ModelError(
            f"The key {key!r} of the card {card} holds a sign that no path has: "
            f"{shortened(repr(text))}.",
            _QUOTES,
        )
    if os.name == "nt" or ("\\" not in text and not _DRIVE.match(text)):
        return text
    if _DRIVE.match(text):
        name = PureWindowsPath(text).name
        raise ModelError(
            f"The key {key!r} of the card {card} is a path of Windows, {text}, which this computer "
            "does not have.",
            f"Put the file beside the card and write {key} = {name!r}.",
        )
    return text if os.path.exists(card.parent / text) else text.replace("\\", "/")
